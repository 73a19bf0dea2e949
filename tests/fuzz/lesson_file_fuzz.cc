// Lesson files of any octets parse or fail; what parses is written again as the same lessons.
#include <cstdint>
#include <cstdlib>

#include "filter/lesson_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  const Blob file = Blob::copy({reinterpret_cast<const char*>(data), size});
  const auto lessons = parse_lesson_file(file, "fuzz");
  if (!lessons) return 0;
  LessonFileWriter writer;
  for (const PortableLesson& lesson : *lessons) writer.add(lesson);
  writer.finish();
  const auto again = parse_lesson_file(Blob::own(writer.take()), "again");
  if (!again || again->size() != lessons->size()) std::abort();
  return 0;
}
