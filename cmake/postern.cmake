# How a folder becomes a library, a program or a test. Folders are globbed, so that adding a file
# needs no edit here.

add_library(postern_flags INTERFACE)
target_include_directories(postern_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(postern_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Werror -fno-omit-frame-pointer)
if(POSTERN_SANITIZE)
  target_compile_options(postern_flags INTERFACE -fsanitize=${POSTERN_SANITIZE})
  target_link_options(postern_flags INTERFACE -fsanitize=${POSTERN_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Instrumented code makes g++ 12 see uninitialised values where there are none; the release
    # preset keeps the warning.
    target_compile_options(postern_flags INTERFACE -Wno-maybe-uninitialized)
  endif()
  if(POSTERN_SANITIZE MATCHES "undefined")
    target_compile_options(postern_flags INTERFACE -fno-sanitize-recover=undefined)
  endif()
  if(POSTERN_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 warns that TSan does not model the fences in Asio and shared_ptr.
    target_compile_options(postern_flags INTERFACE -Wno-tsan)
  endif()
endif()
if(POSTERN_FUZZ)
  target_compile_options(postern_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Every third-party package, each behind one name; tools/packages.txt installs them.
macro(postern_find_packages)
  find_package(Threads REQUIRED)
  find_package(Boost 1.81 REQUIRED)
  find_package(OpenSSL 3.0 REQUIRED)
  find_package(SQLite3 REQUIRED)
  find_package(ICU 72 REQUIRED COMPONENTS uc i18n)
  find_package(fmt 9 REQUIRED)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
  pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
  pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
endmacro()

# The fences: which folder may link which third-party library.
set(postern_links_base OpenSSL::Crypto crypt)
set(postern_links_mail ICU::uc ICU::i18n)
set(postern_links_rules PkgConfig::RE2 PkgConfig::PCRE2)
set(postern_links_state SQLite::SQLite3 PkgConfig::ZSTD)
set(postern_links_net OpenSSL::SSL)

# postern_library(NAME DEPS a b): src/NAME/*.cc as libpostern_NAME, seeing only its DEPS.
function(postern_library name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cc)
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  list(TRANSFORM ARG_DEPS PREPEND postern_)
  if(NOT sources)
    add_library(postern_${name} INTERFACE)
    target_link_libraries(postern_${name} INTERFACE postern_flags ${ARG_DEPS})
    return()
  endif()
  add_library(postern_${name} STATIC ${sources})
  target_link_libraries(postern_${name} PUBLIC
    postern_flags Boost::headers fmt::fmt Threads::Threads ${ARG_DEPS} ${postern_links_${name}})
endfunction()

# postern_program(NAME WHERE DEPS ...): WHERE is a folder of sources or one source without ".cc".
function(postern_program name where)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  if(EXISTS ${PROJECT_SOURCE_DIR}/${where}.cc)
    set(sources ${PROJECT_SOURCE_DIR}/${where}.cc)
  else()
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${where}/*.cc)
  endif()
  if(NOT sources OR POSTERN_FUZZ)
    return()
  endif()
  list(TRANSFORM ARG_DEPS PREPEND postern_)
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS})
endfunction()

# postern_test(NAME SOURCES... DEPS ...): a GoogleTest binary, each of its tests a ctest.
function(postern_test name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  list(TRANSFORM ARG_DEPS PREPEND postern_)
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} GTest::gmock_main)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST TEST_PREFIX "${name}/"
    PROPERTIES TIMEOUT 300)
endfunction()
