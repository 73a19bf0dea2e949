#include "filter/lesson_file.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

PortableLesson lesson(char digit, MailClass taught, std::string source, std::string content) {
  return {std::string(64, digit), taught, std::move(source), UnixSeconds(std::chrono::seconds(99)),
          Blob::own(std::move(content))};
}

std::string written() {
  LessonFileWriter writer;
  writer.add(lesson('a', MailClass::spam, "cli", "Subject: x\n\nend 1\n"));
  writer.add(lesson('b', MailClass::ham, "a b\nc", ""));
  writer.finish();
  return writer.take();
}

TEST(LessonFile, ComesBackAsItWas) {
  const auto lessons = parse_lesson_file(Blob::own(written()), "file");

  ASSERT_TRUE(lessons) << lessons.error().detail;
  ASSERT_EQ(lessons->size(), 2u);
  EXPECT_EQ((*lessons)[0].digest, std::string(64, 'a'));
  EXPECT_EQ((*lessons)[0].taught, MailClass::spam);
  EXPECT_EQ((*lessons)[0].time.time_since_epoch().count(), 99);
  EXPECT_EQ((*lessons)[0].content.view(), "Subject: x\n\nend 1\n");
  EXPECT_EQ((*lessons)[1].source, "a b c");
  EXPECT_TRUE((*lessons)[1].content.empty());
}

TEST(LessonFile, EveryPrefixIsRefused) {
  const std::string file = written();

  for (std::size_t size = 0; size < file.size(); ++size) {
    const auto lessons = parse_lesson_file(Blob::copy(file.substr(0, size)), "file");
    ASSERT_FALSE(lessons) << size;
    EXPECT_EQ(lessons.error().kind(), Errc::bad_data);
  }
}

TEST(LessonFile, EveryChangedOctetIsNoticed) {
  const std::string file = written();

  for (std::size_t at = 0; at < file.size(); ++at) {
    std::string changed = file;
    changed[at] ^= 1;
    EXPECT_FALSE(parse_lesson_file(Blob::own(std::move(changed)), "file")) << at;
  }
}

TEST(LessonFile, SaysThatItIsNewer) {
  const auto lessons = parse_lesson_file(Blob::copy("postern-lessons 2\nx"), "file");

  ASSERT_FALSE(lessons);
  EXPECT_NE(lessons.error().detail.find("version"), std::string::npos);
  EXPECT_FALSE(parse_lesson_file(Blob::own(written() + "more"), "file"));
}

}  // namespace
}  // namespace postern
