# bccast_flags(<target>): what every target of ours is compiled and linked with. All of it is PRIVATE, so that
# nothing reaches the targets of whoever uses bccast.

if(BCCAST_FUZZ AND NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR "BCCAST_FUZZ needs Clang, this is ${CMAKE_CXX_COMPILER_ID}; try: cmake --preset fuzz")
endif()

function(bccast_flags target)
  set_target_properties(${target} PROPERTIES
    CXX_EXTENSIONS OFF
    C_VISIBILITY_PRESET hidden
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON)
  target_compile_features(${target} PRIVATE cxx_std_20 c_std_99)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow
    $<$<BOOL:${BCCAST_WERROR}>:-Werror>
    # __FILE__ is relative to the project: no path of the build machine in a binary or a test's output.
    -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=)

  if(BCCAST_SANITIZE)
    string(REPLACE ";" "," sanitizers "${BCCAST_SANITIZE}")
    target_compile_options(${target} PRIVATE
      -fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=${sanitizers})
  endif()
  if(BCCAST_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()
