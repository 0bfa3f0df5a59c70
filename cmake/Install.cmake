# cmake --install: the program, one library with all modules, headers, pkg-config file, CMake package.
# --component program: what is needed to run it, which is also what scripts/bundle takes.
include(CMakePackageConfigHelpers)

set(members "")
foreach(module IN LISTS ACTSEARCH_MODULES)
  if(NOT module STREQUAL cli)
    list(APPEND members $<TARGET_OBJECTS:actsearch_${module}>)
    foreach(level IN LISTS ACTSEARCH_LEVELS)
      if(TARGET actsearch_${module}_${level})
        list(APPEND members $<TARGET_OBJECTS:actsearch_${module}_${level}>)
      endif()
    endforeach()
  endif()
endforeach()
list(REMOVE_DUPLICATES members)
add_library(actsearch_library STATIC ${members})
set_target_properties(actsearch_library PROPERTIES OUTPUT_NAME actsearch LINKER_LANGUAGE C)
add_dependencies(actsearch_library actsearch)

install(TARGETS actsearch RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
install(TARGETS actsearch_library ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY src/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/actsearch
        FILES_MATCHING PATTERN "*.h" PATTERN "*.def"
        PATTERN "*_internal.h" EXCLUDE PATTERN "cli" EXCLUDE
        PATTERN "polynomials.h" EXCLUDE PATTERN "vector_math.h" EXCLUDE)
install(DIRECTORY grammars experiments DESTINATION ${CMAKE_INSTALL_DATADIR}/actsearch COMPONENT program)
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)

# Found from where the file lies, so that an installed tree can be moved and --prefix works.
file(RELATIVE_PATH ACTSEARCH_PREFIX_FROM_PC ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
set(ACTSEARCH_PC_MPI "")
if(TARGET MPI::MPI_C)
  string(JOIN " " ACTSEARCH_PC_MPI ${MPI_C_LINK_FLAGS} ${MPI_C_LIBRARIES})
endif()
configure_file(cmake/actsearch.pc.in actsearch.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/actsearch.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

configure_package_config_file(cmake/actsearch-config.cmake.in actsearch-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/actsearch)
write_basic_package_version_file(actsearch-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/actsearch-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/actsearch-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/actsearch)
