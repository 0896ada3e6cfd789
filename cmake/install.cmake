# `cmake --install` gives a package that find_package(cotangent) finds; tests/consumer uses it.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

add_library(cotangent INTERFACE)
add_library(cotangent::cotangent ALIAS cotangent)
get_property(rooms GLOBAL PROPERTY COTANGENT_ROOMS)
target_link_libraries(cotangent INTERFACE ${rooms})

install(TARGETS cotangent cotangent_flags cotangent_dnnl ${rooms} EXPORT cotangentTargets)
install(EXPORT cotangentTargets NAMESPACE cotangent:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/cotangent)
install(DIRECTORY cotangent DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
configure_package_config_file(cmake/cotangentConfig.cmake.in ${PROJECT_BINARY_DIR}/cotangentConfig.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/cotangent)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/cotangentConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/cotangentConfig.cmake ${PROJECT_BINARY_DIR}/cotangentConfigVersion.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/cotangent)
