# The program: src/cli/main.c on top of all modules.
if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/src/cli/main.c)
add_executable(actsearch src/cli/main.c)
target_link_libraries(actsearch PRIVATE actsearch_cli)
endif()
