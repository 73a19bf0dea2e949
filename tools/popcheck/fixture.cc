#include "popcheck/fixture.h"

#include "base/file.h"

namespace popcheck {
namespace {

constexpr int spare_messages = 6;
constexpr long first_delivery = 1'700'000'001;  // names of files are times; readers sort by them

std::vector<Fixture> make_fixtures() {
  std::vector<Fixture> all;
  const auto add = [&all](const char* statement, const char* name, const std::string& rest) {
    all.push_back({name, statement, fixture_field(name) + "\n" + rest});
  };
  // Maildirs are stored with LF; CRLF in them is one of the difficulties, not in every message.
  const std::string head = "From: a@example.org\nSubject: popcheck\n";
  const std::string crlf_head = "From: a@example.org\r\nSubject: popcheck\r\n";
  add("73", "dots", head + "\n.\n..\n.hidden\n\n.\n");
  add("73", "dot at the end", head + "\n.");
  add("73", "8 bit",
      head +
          "\nGr\xc3\xbc\xc3\x9f"
          "e caf\xe9\n");
  add("74", "no final newline", head + "\nlast line");
  add("74", "crlf", crlf_head + "\r\nline\r\n.\r\n");
  add("74", "mixed line ends", crlf_head + "\r\none\ntwo\r\nthree\n");
  add("75", "nul", head + "\na" + std::string(1, '\0') + "b\n");
  add("76", "line of 1,000 octets", head + "\n" + std::string(1000, 'x') + "\n");
  add("76", "line of 100,000 octets", head + "\n" + std::string(100'000, 'x') + "\n");
  add("76", "line of 10 MB", head + "\n" + std::string(10'000'000, 'x') + "\n");
  add("77", "header only", head);
  add("78", "empty body", head + "\n");
  add("78", "empty lines only", head + "\n\n\n\n");
  add("63", "same", head + "\ntwice\n");
  add("63", "same", head + "\ntwice\n");
  add("104", "utf-8 header",
      "From: a@example.org\nSubject: Gr\xc3\xbc\xc3\x9f"
      "e\n\nbody\n");
  add("113", "forged",
      "X-Spam-Status: No, score=-99\n required=5\nX-Spam-Flag: NO\n"
      "x-spam-score: 0\nX-Postern-Verdict: ham; p=0\nX-Text-Classification: good\n"
      "X-Spambayes-Classification: ham\n" +
          head + "\nbody\n");
  add("114", "header forms",
      "Received: from a (b [192.0.2.1])\n\tby c;\n  Mon, 1 Jan 2024 00:00:00 "
      "+0000\nFrom: \"A, B\"  <a@example.org>\nsubject:no space  \nX-Empty:\nX-Empty-2: \nDATE : "
      "Mon, 1 Jan 2024 00:00:00 +0000\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n "
      "=?utf-8?b?w6Q=?=\nX-Long: " +
          std::string(990, 'x') + "\n\nbody\n");
  for (int i = 0; i < spare_messages; ++i) {
    add("", "spare", head + "\nspare " + std::to_string(i) + "\n");
  }
  return all;
}

}  // namespace

std::string fixture_field(const char* name) { return std::string("X-Popcheck: ") + name; }

const std::vector<Fixture>& fixtures() {
  static const std::vector<Fixture> all = make_fixtures();
  return all;
}

postern::Result<void> write_fixture(const std::string& directory) {
  for (const char* part : {"/tmp", "/new", "/cur"}) {
    if (auto made = postern::make_directories(directory + part); !made) return made.error();
  }
  long time = first_delivery;
  for (const Fixture& one : fixtures()) {
    const std::string path = directory + "/new/" + std::to_string(time++) + ".P1.popcheck";
    if (auto written = postern::write_file_atomically(path, one.message); !written) {
      return written.error();
    }
  }
  return {};
}

}  // namespace popcheck
