#include "popcheck/fixture.h"

#include "base/file.h"

namespace popcheck {

std::string fixture_field(const char* name) { return std::string("X-Popcheck: ") + name + "\r\n"; }

const std::vector<Fixture>& fixtures() {
  static const std::vector<Fixture> all = [] {
    const auto make = [](const char* name, const std::string& rest, bool exact = true) {
      return Fixture{name, fixture_field(name) + rest, exact};
    };
    const std::string head = "From: a@example.org\r\nSubject: popcheck\r\n";
    return std::vector<Fixture>{
        make("dots", head + "\n.\n..\n.hidden\n\n.\n"),
        make("no final newline", head + "\nlast line"),
        make("dot at the end", head + "\n."),
        make("crlf", head + "\r\nline\r\n.\r\n"),
        make("mixed line ends", head + "\r\none\ntwo\r\nthree\n"),
        make("empty body", head + "\n"),
        make("header only", head),
        make("nul", head + "\na" + std::string(1, '\0') + "b\n", false),
        make("8 bit", head + "\nGr\xc3\xbc\xc3\x9f"
                             "e caf\xe9\n"),
        make("long line", head + "\n" + std::string(100'000, 'x') + "\n"),
        make("same", head + "\ntwice\n"),
        make("same", head + "\ntwice\n"),
    };
  }();
  return all;
}

postern::Result<void> write_fixture(const std::string& directory) {
  for (const char* part : {"/tmp", "/new", "/cur"}) {
    if (auto made = postern::make_directories(directory + part); !made) return made.error();
  }
  int number = 0;
  for (const Fixture& one : fixtures()) {
    ++number;
    const std::string name = std::to_string(number) + ".M" + std::to_string(number) + "P1.popcheck";
    if (auto written = postern::write_file_atomically(directory + "/new/" + name, one.message);
        !written) {
      return written.error();
    }
  }
  return {};
}

}  // namespace popcheck
