// postern model export|import|build: lessons as files, and models without a user.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <functional>
#include <unordered_map>

#include "base/file.h"
#include "classify/corpus_index.h"
#include "commands.h"
#include "filter/lesson_file.h"
#include "message_source.h"
#include "progress.h"
#include "server/fold_order.h"

namespace postern {
namespace {

constexpr std::size_t batch = 256;  // lessons in memory at a time

// All active lessons, in order, a batch after the other.
Result<void> for_each_lesson(
    StateStore& store, const std::function<Result<void>(const StateStore::NewLesson&)>& visit) {
  std::uint64_t after = 0;
  while (true) {
    const auto lessons = store.read_lessons(after, batch);
    if (!lessons) return lessons.error();
    if (lessons->empty()) return {};
    for (const StateStore::NewLesson& lesson : *lessons) {
      const Result<void> visited = visit(lesson);
      if (!visited) return visited.error();
      after = lesson.lesson.number;
    }
  }
}

Result<std::uint64_t> export_to(StateStore& store, int descriptor, const std::string& name) {
  LessonFileWriter writer;
  std::uint64_t count = 0;
  const Result<void> done =
      for_each_lesson(store, [&](const StateStore::NewLesson& one) -> Result<void> {
        writer.add({one.lesson.digest, one.lesson.taught, one.lesson.source, one.lesson.time,
                    one.content});
        ++count;
        return write_all(descriptor, writer.take(), name);
      });
  if (!done) return done.error();
  writer.finish();
  const Result<void> ended = write_all(descriptor, writer.take(), name);
  if (!ended) return ended.error();
  return count;
}

// What a model is built from, each message once; the last word on it counts.
class Lessons {
 public:
  void add(std::string digest, MailClass taught, Blob content) {
    const auto [place, first] = places_.try_emplace(digest, log_.size());
    if (!first) {
      log_[place->second].taught = taught;
      return;
    }
    log_.push_back({log_.size() + 1, std::move(digest), taught, "", {}});
    contents_.push_back(std::move(content));
  }
  void add(const Blob& message, MailClass taught) {
    add(lesson_digest(message), taught, lesson_content(message));
  }

  const std::vector<Lesson>& log() const { return log_; }
  const Blob& content(const Lesson& lesson) const { return contents_[lesson.number - 1]; }

 private:
  std::unordered_map<std::string, std::size_t> places_;
  std::vector<Lesson> log_;
  std::vector<Blob> contents_;
};

Result<void> add_index(const std::string& path, Lessons& lessons) {
  const auto index = read_corpus_index(path);
  if (!index) return index.error();
  for (const IndexEntry& entry : *index) {
    const Result<Blob> message = Blob::open(entry.path);
    if (!message) return message.error();
    lessons.add(*message, entry.truth);
  }
  return {};
}

Result<void> add_paths(const std::vector<std::string>& paths, MailClass taught, Lessons& lessons) {
  if (paths.empty()) return {};
  const Result<MessageSource> source = MessageSource::open(paths);
  if (!source) return source.error();
  return source->for_each([&](const NamedMessage& message) -> Result<void> {
    lessons.add(message.message, taught);
    return {};
  });
}

Result<void> add_lesson_file(const std::string& path, Lessons& lessons) {
  const Result<Blob> file = Blob::open(path);
  if (!file) return file.error();
  const auto parsed = parse_lesson_file(*file, path);
  if (!parsed) return parsed.error();
  for (const PortableLesson& one : *parsed) lessons.add(one.digest, one.taught, one.content);
  return {};
}

Result<Lessons> gather(const ModelBuildOptions& options) {
  Lessons lessons;
  for (const std::string& index : options.indexes) {
    const Result<void> added = add_index(index, lessons);
    if (!added) return added.error();
  }
  for (const std::string& file : options.lesson_files) {
    const Result<void> added = add_lesson_file(file, lessons);
    if (!added) return added.error();
  }
  Result<void> added = add_paths(options.spam, MailClass::spam, lessons);
  if (added) added = add_paths(options.ham, MailClass::ham, lessons);
  if (!added) return added.error();
  if (lessons.log().empty()) {
    return Error(Errc::usage,
                 "nothing to build from; name INDEX files, --spam, --ham or --lessons");
  }
  return lessons;
}

}  // namespace

int run_model_export(const ModelOptions& options) {
  const StateFolder folder(options.state);
  const auto store = folder.open_store();
  if (!store) return fail(store.error());
  const bool to_stdout = options.output.empty() || options.output == "-";
  FileHandle file;
  if (!to_stdout) {
    // A mail archive: for its owner alone.
    file =
        FileHandle(::open(options.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!file) return fail(system_error("create", options.output, errno));
  }
  const auto count = export_to(**store, to_stdout ? STDOUT_FILENO : file.get(),
                               to_stdout ? "standard output" : options.output);
  if (!count) return fail(count.error());
  if (!to_stdout && ::fsync(file.get()) != 0) {
    return fail(system_error("write", options.output, errno));
  }
  fmt::print(stderr, "exported {} lessons\n", *count);
  return 0;
}

int run_model_import(const ModelOptions& options) {
  if (!options.from.empty()) return run_model_import_foreign(options);
  const Result<Blob> file = Blob::open(options.file);
  if (!file) return fail(file.error());
  const auto lessons = parse_lesson_file(*file, options.file);
  if (!lessons) return fail(lessons.error());
  const StateFolder folder(options.state);
  const auto store = folder.open_store();
  if (!store) return fail(store.error());
  const auto background = load_background(options.base_model, options.site_model);
  if (!background) return fail(background.error());
  Teacher teacher(**store, folder.personal_model(), *background, system_clock());
  TeachReport report;
  for (std::size_t at = 0; at < lessons->size(); at += batch) {
    const auto part = std::span(*lessons).subspan(at, std::min(batch, lessons->size() - at));
    const Result<TeachReport> adopted = teacher.adopt(part);
    if (!adopted) return fail(adopted.error());
    report.learned += adopted->learned;
    report.known += adopted->known;
    report.changed += adopted->changed;
  }
  ProgressBar bar("learning");
  const Result<void> folded =
      teacher.catch_up([&](std::uint64_t done, std::uint64_t total) { bar.show(done, total); });
  fmt::print("learned {}, changed {}, already known {}\n", report.learned, report.changed,
             report.known);
  return folded ? 0 : fail(folded.error());
}

int run_model_build(const ModelBuildOptions& options) {
  const Result<Lessons> lessons = gather(options);
  if (!lessons) return fail(lessons.error());
  const auto background = load_background(options.base_model, options.site_model);
  if (!background) return fail(background.error());
  const std::size_t count = lessons->log().size();
  Learner learner = Learner::empty(*background, count, 0);
  {
    ProgressBar bar("learning");
    std::size_t done = 0;
    for (const Lesson& lesson : fold_order(lessons->log())) {
      learner.learn(lessons->content(lesson), lesson.taught);
      bar.show(++done, count);
    }
  }
  learner.reached({count, 0});
  const Result<void> saved = learner.save(options.output);
  if (!saved) return fail(saved.error());
  fmt::print("{} lessons folded into {}\n", count, options.output);
  return 0;
}

}  // namespace postern
