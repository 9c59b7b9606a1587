# The programs of a consumer, and what bccast must leave alone.
set(sources ${CMAKE_CURRENT_LIST_DIR})

add_executable(version_c ${sources}/version.c)
target_link_libraries(version_c PRIVATE bccast::bccast)
set_target_properties(version_c PROPERTIES C_STANDARD 99 C_EXTENSIONS OFF)

add_executable(version_cpp ${sources}/version.cpp)
target_link_libraries(version_cpp PRIVATE bccast::bccast)
set_target_properties(version_cpp PROPERTIES CXX_STANDARD 17 CXX_EXTENSIONS OFF)

add_executable(core ${sources}/core.cpp)
target_link_libraries(core PRIVATE bccast::core)

foreach(target IN ITEMS version_c version_cpp core)
  target_compile_options(${target} PRIVATE -Wall -Wextra -pedantic -Werror)
endforeach()

if(CMAKE_BUILD_TYPE)
  message(FATAL_ERROR "bccast chose a build type for its consumer: ${CMAKE_BUILD_TYPE}")
endif()
foreach(library IN ITEMS bccast::bccast bccast::core)
  foreach(property IN ITEMS INTERFACE_COMPILE_OPTIONS INTERFACE_COMPILE_DEFINITIONS INTERFACE_LINK_OPTIONS)
    get_target_property(leaked ${library} ${property})
    if(leaked)
      message(FATAL_ERROR "${library} gives its consumer ${property}: ${leaked}")
    endif()
  endforeach()
endforeach()
