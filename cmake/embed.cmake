# Writes a C++ file that holds the bytes of another: cmake -DIN=file -DOUT=file.cc -DNAME=kName -P embed.cmake
file(READ ${IN} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
file(WRITE ${OUT} "// Made from ${NAME}.\n#include <cstddef>\nnamespace caseward {\nextern const unsigned char ${NAME}[];\nextern const std::size_t ${NAME}Size;\nconst unsigned char ${NAME}[] = {\n${bytes}};\nconst std::size_t ${NAME}Size = sizeof(${NAME});\n}  // namespace caseward\n")
