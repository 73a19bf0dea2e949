// postern train, postern forget
#include <fmt/format.h>

#include "base/clock.h"
#include "classify/corpus_index.h"
#include "commands.h"
#include "message_source.h"
#include "progress.h"
#include "server/teacher.h"

namespace postern {
namespace {

// Lessons that become durable together: few enough to hold in memory and to lose nothing much
// when interrupted, many enough that the disk is not waited for all the time.
constexpr std::size_t batch_size = 256;

// Gathers lessons and teaches them in batches.
class Lecture {
 public:
  explicit Lecture(Teacher& teacher) : teacher_(teacher) {}

  Result<void> add(Teacher::Request request) {
    batch_.push_back(std::move(request));
    return batch_.size() < batch_size ? Result<void>() : flush();
  }

  Result<void> flush() {
    const Result<TeachReport> report = teacher_.teach(batch_);
    if (!report) return report.error();
    report_.learned += report->learned;
    report_.known += report->known;
    report_.changed += report->changed;
    batch_.clear();
    return {};
  }

  const TeachReport& report() const { return report_; }

 private:
  Teacher& teacher_;
  std::vector<Teacher::Request> batch_;
  TeachReport report_;
};

Result<void> teach_paths(const TrainOptions& options, Lecture& lecture) {
  const Result<MessageSource> source = MessageSource::open(options.paths);
  if (!source) return source.error();
  ProgressBar bar("reading");
  std::size_t done = 0;
  return source->for_each([&](NamedMessage message) {
    bar.show(++done, source->size());
    return lecture.add({std::move(message.message), *options.taught, "cli"});
  });
}

Result<void> teach_index(const TrainOptions& options, Lecture& lecture) {
  const auto index = read_corpus_index(options.index);
  if (!index) return index.error();
  ProgressBar bar("reading");
  std::size_t done = 0;
  for (const IndexEntry& entry : *index) {
    Result<Blob> message = Blob::open(entry.path);
    if (!message) return message.error();
    const Result<void> added = lecture.add({std::move(*message), entry.truth, "index"});
    if (!added) return added.error();
    bar.show(++done, index->size());
  }
  return {};
}

Result<void> fold(Teacher& teacher) {
  ProgressBar bar("learning");
  return teacher.catch_up([&](std::uint64_t done, std::uint64_t total) { bar.show(done, total); });
}

Result<Teacher> open_teacher(const StateFolder& folder, StateStore& store,
                             const std::string& base_model) {
  auto base = load_base_model(base_model);
  if (!base) return base.error();
  return Teacher(store, folder.personal_model(), *base, system_clock());
}

// What the log holds altogether, for the closing line.
std::string totals(StateStore& store) {
  const auto counts = store.count_lessons();
  return counts ? fmt::format("{} spam and {} ham in all", counts->spam, counts->ham)
                : counts.error().detail;
}

}  // namespace

int run_train(const TrainOptions& options) {
  const StateFolder folder(options.state);
  const auto store = folder.open_store();
  if (!store) return fail(store.error());
  Result<Teacher> teacher = open_teacher(folder, **store, options.base_model);
  if (!teacher) return fail(teacher.error());
  Lecture lecture(*teacher);
  Result<void> taught =
      options.index.empty() ? teach_paths(options, lecture) : teach_index(options, lecture);
  // What was read before a failure is taught all the same: training is idempotent.
  const Result<void> rest = lecture.flush();
  if (taught && !rest) taught = rest;
  const Result<void> folded = fold(*teacher);
  const TeachReport& report = lecture.report();
  fmt::print("learned {}, changed {}, already known {}; {}\n", report.learned, report.changed,
             report.known, totals(**store));
  if (!taught) return fail(taught.error());
  if (!folded) return fail(folded.error());
  return 0;
}

int run_forget(const ForgetOptions& options) {
  const StateFolder folder(options.state);
  const auto store = folder.open_store();
  if (!store) return fail(store.error());
  Result<Teacher> teacher = open_teacher(folder, **store, options.base_model);
  if (!teacher) return fail(teacher.error());
  const Result<MessageSource> source = MessageSource::open(options.paths);
  if (!source) return fail(source.error());
  std::uint64_t forgotten = 0;
  std::uint64_t unknown = 0;
  const Result<void> done = source->for_each([&](NamedMessage message) -> Result<void> {
    const Result<std::uint64_t> count = teacher->forget({&message.message, 1});
    if (!count) return count.error();
    forgotten += *count;
    unknown += *count == 0 ? 1 : 0;
    return {};
  });
  const Result<void> folded = fold(*teacher);
  fmt::print("forgot {}, never taught {}; {}\n", forgotten, unknown, totals(**store));
  if (!done) return fail(done.error());
  if (!folded) return fail(folded.error());
  return 0;
}

}  // namespace postern
