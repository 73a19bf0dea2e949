// Lesson files: a log of lessons as one portable file. Format: LESSON_FILE.md.
//
// Thread rule: values and free functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/blob.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/mail_class.h"
#include "base/result.h"

namespace postern {

struct PortableLesson {
  std::string digest;  // lesson_digest of the message
  MailClass taught = MailClass::ham;
  std::string source;
  UnixSeconds time{};
  Blob content;  // lesson_content of the message
};

// Makes the octets of a file piece by piece, so that a large log need not be in memory.
class LessonFileWriter {
 public:
  LessonFileWriter();
  void add(const PortableLesson& lesson);
  void finish();
  // What was made since the last call.
  std::string take();

 private:
  void put(std::string_view bytes);

  std::string pending_;
  Sha256 sum_;
  std::uint64_t lessons_ = 0;
};

// All lessons of a file; their contents share its bytes. bad_data names what is wrong and where; a
// file that is cut short or damaged anywhere gives no lesson at all.
Result<std::vector<PortableLesson>> parse_lesson_file(const Blob& file, const std::string& name);

// True when the file begins as a lesson file does.
bool is_lesson_file(std::string_view bytes);

}  // namespace postern
