# Install rules: headers, both libraries, the program with its man page, completion and schema, the CMake package and
# the pkg-config file. Nothing that is
# installed names an absolute path of this build, so the installed tree may be moved.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/bccast)

install(DIRECTORY include/bccast capi/include/bccast
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(TARGETS bccast_shared EXPORT bccastTargets)
install(TARGETS bccast_core EXPORT bccastCoreTargets)
if(TARGET bccast_cli)
  file(RELATIVE_PATH to_libdir ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
  set_target_properties(bccast_cli PROPERTIES INSTALL_RPATH "$ORIGIN/${to_libdir}")
  install(TARGETS bccast_cli)
  install(FILES docs/cli.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/bccast)
  install(FILES examples/cli/bccast.bash
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME bccast)
endif()
if(TARGET bccast_man)
  install(FILES $<TARGET_PROPERTY:bccast_man,PAGE> DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()

install(EXPORT bccastTargets NAMESPACE bccast:: DESTINATION ${package_dir})
install(EXPORT bccastCoreTargets NAMESPACE bccast:: DESTINATION ${package_dir})
configure_package_config_file(capi/package/bccastConfig.cmake.in ${PROJECT_BINARY_DIR}/bccastConfig.cmake
  INSTALL_DESTINATION ${package_dir})
# Until 1.0 a new minor version may change the API.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/bccastConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/bccastConfig.cmake ${PROJECT_BINARY_DIR}/bccastConfigVersion.cmake
  DESTINATION ${package_dir})

file(RELATIVE_PATH pc_to_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" pc_to_prefix "${pc_to_prefix}")
set(pc_libdir "\${prefix}")
set(pc_includedir "\${prefix}")
cmake_path(APPEND pc_libdir ${CMAKE_INSTALL_LIBDIR})  # an absolute one replaces the prefix
cmake_path(APPEND pc_includedir ${CMAKE_INSTALL_INCLUDEDIR})
configure_file(capi/package/bccast.pc.in ${PROJECT_BINARY_DIR}/bccast.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/bccast.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
