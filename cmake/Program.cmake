# The program: src/cli/main.c on top of all modules.
add_executable(actsearch src/cli/main.c)
target_link_libraries(actsearch PRIVATE actsearch_cli)
