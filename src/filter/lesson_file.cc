#include "filter/lesson_file.h"

#include <fmt/format.h>

#include <optional>
#include <unordered_set>

#include "base/ascii.h"

namespace postern {
namespace {

constexpr std::string_view magic = "postern-lessons ";
constexpr std::string_view first_line = "postern-lessons 1\n";
constexpr std::size_t digest_size = 64;
// Year 9999, as far as anybody can write a date.
constexpr std::uint64_t latest_time = 253'402'300'799;

class Parser {
 public:
  Parser(const Blob& file, const std::string& name) : file_(file), name_(name) {}

  Result<std::vector<PortableLesson>> parse() {
    if (!is_lesson_file(file_.view())) return damaged("it does not begin like one");
    if (!file_.view().starts_with(first_line)) {
      return Error(Errc::bad_data, "'" + name_ +
                                       "' is a lesson file of another version than 1; "
                                       "use the program that wrote it, or a newer one");
    }
    at_ = first_line.size();
    while (at_ < file_.size()) {
      const std::size_t begin = at_;
      const std::optional<std::string_view> line = take_line();
      if (!line) return damaged("it is cut short");
      if (line->starts_with("end ")) return ended(*line, begin);
      if (!take_lesson(*line)) return damaged("no lesson begins at octet " + std::to_string(begin));
    }
    return damaged("it is cut short");
  }

 private:
  std::optional<std::string_view> take_line() {
    const std::string_view rest = file_.view().substr(at_);
    const std::size_t newline = rest.find('\n');
    if (newline == std::string_view::npos) return std::nullopt;
    at_ += newline + 1;
    return rest.substr(0, newline);
  }

  // The next word of a line, and the space after it, taken off.
  static std::string_view take_word(std::string_view& line) {
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), word.size() + 1));
    return word;
  }

  bool take_lesson(std::string_view line) {
    if (take_word(line) != "lesson") return false;
    PortableLesson lesson;
    const std::string_view taught = take_word(line);
    const auto time = parse_decimal(take_word(line));
    lesson.digest = take_word(line);
    const auto size = parse_decimal(take_word(line));
    lesson.source = line;
    if ((taught != "spam" && taught != "ham") || !time || *time > latest_time || !size)
      return false;
    if (lesson.digest.size() != digest_size ||
        lesson.digest.find_first_not_of("0123456789abcdef") != std::string::npos) {
      return false;
    }
    if (*size >= file_.size() - at_ || file_.view()[at_ + *size] != '\n') return false;
    if (!seen_.insert(lesson.digest).second) return false;
    lesson.taught = taught == "spam" ? MailClass::spam : MailClass::ham;
    lesson.time = UnixSeconds(std::chrono::seconds(static_cast<std::int64_t>(*time)));
    lesson.content = file_.slice(at_, *size);
    at_ += *size + 1;
    lessons_.push_back(std::move(lesson));
    return true;
  }

  Result<std::vector<PortableLesson>> ended(std::string_view line, std::size_t begin) {
    take_word(line);
    const auto count = parse_decimal(take_word(line));
    if (at_ != file_.size()) return damaged("something follows its last line");
    if (!count || *count != lessons_.size() ||
        line != to_hex(sha256(file_.view().substr(0, begin)))) {
      return damaged("its octets have changed since it was written");
    }
    return std::move(lessons_);
  }

  Error damaged(const std::string& what) const {
    return Error(Errc::bad_data, "'" + name_ + "' is no lesson file that can be used: " + what +
                                     "; export it again");
  }

  const Blob& file_;
  const std::string& name_;
  std::size_t at_ = 0;
  std::vector<PortableLesson> lessons_;
  std::unordered_set<std::string> seen_;
};

}  // namespace

LessonFileWriter::LessonFileWriter() { put(first_line); }

void LessonFileWriter::put(std::string_view bytes) {
  sum_.update(bytes);
  pending_ += bytes;
}

void LessonFileWriter::add(const PortableLesson& lesson) {
  std::string source = lesson.source;
  for (char& c : source) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  put(fmt::format("lesson {} {} {} {} {}\n", to_string(lesson.taught),
                  lesson.time.time_since_epoch().count(), lesson.digest, lesson.content.size(),
                  source));
  put(lesson.content.view());
  put("\n");
  ++lessons_;
}

void LessonFileWriter::finish() {
  pending_ += fmt::format("end {} {}\n", lessons_, to_hex(sum_.finish()));
}

std::string LessonFileWriter::take() { return std::exchange(pending_, {}); }

bool is_lesson_file(std::string_view bytes) { return bytes.starts_with(magic); }

Result<std::vector<PortableLesson>> parse_lesson_file(const Blob& file, const std::string& name) {
  return Parser(file, name).parse();
}

}  // namespace postern
