// postern train, postern forget
#include <fmt/format.h>

#include "base/clock.h"
#include "classify/corpus_index.h"
#include "commands.h"
#include "filter/policy.h"
#include "message_source.h"
#include "progress.h"
#include "server/lesson_review.h"
#include "server/teacher.h"

namespace postern {
namespace {

// Lessons that become durable together: few enough to hold in memory and to lose nothing much
// when interrupted, many enough that the disk is not waited for all the time.
constexpr std::size_t batch_size = 256;

// Looking for contradictions reads every lesson; up to so many that takes less than a second.
constexpr std::uint64_t looked_through = 2000;

// For --on-error: a copy of the model that learns along, so that each message is judged by all
// lessons before it. The copy is thrown away; the log is folded as ever.
class Examiner {
 public:
  explicit Examiner(Learner learner) : learner_(std::move(learner)) {}

  // True when the message needs to be taught.
  bool errs(const Blob& message, MailClass taught) {
    const Blob content = lesson_content(message);
    const Label label = Policy().label_of(points_of_nats(learner_.log_odds(content)));
    const bool right = label == (taught == MailClass::spam ? Label::spam : Label::ham);
    if (!right) learner_.learn(content, taught);
    return !right;
  }

 private:
  Learner learner_;
};

// Gathers lessons and teaches them in batches.
class Lecture {
 public:
  // `examiner` may be null: then everything is taught.
  Lecture(Teacher& teacher, std::unique_ptr<Examiner> examiner)
      : teacher_(teacher), examiner_(std::move(examiner)) {}

  Result<void> add(Teacher::Request request) {
    if (examiner_ != nullptr && !examiner_->errs(request.message, request.taught)) {
      ++skipped_;
      return {};
    }
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
  std::uint64_t skipped() const { return skipped_; }

 private:
  Teacher& teacher_;
  const std::unique_ptr<Examiner> examiner_;
  std::uint64_t skipped_ = 0;  // judged rightly, so not taught
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
                             const std::string& base_model, const std::string& site_model) {
  auto background = load_background(base_model, site_model);
  if (!background) return background.error();
  return Teacher(store, folder.personal_model(), *background, system_clock());
}

// What the log holds altogether, for the closing line.
std::string totals(StateStore& store) {
  const auto counts = store.count_lessons();
  return counts ? fmt::format("{} spam and {} ham in all", counts->spam, counts->ham)
                : counts.error().detail;
}

Result<std::unique_ptr<Examiner>> open_examiner(const TrainOptions& options,
                                                const StateFolder& folder, Teacher& teacher) {
  if (!options.on_error) return std::unique_ptr<Examiner>();
  const Result<void> folded = fold(teacher);
  if (!folded) return folded.error();
  const auto background = load_background(options.base_model, options.site_model);
  if (!background) return background.error();
  const auto model = Model::open(folder.personal_model());
  if (!model) return model.error();
  auto learner = Learner::open(folder.personal_model(), *background, (*model)->basis().revocations);
  if (!learner) return Error(Errc::internal, "the model that was just folded cannot be opened");
  return std::make_unique<Examiner>(std::move(*learner));
}

// Says on standard error which lessons contradict each other: it is news, not data.
void report_contradictions(StateStore& store, const TeachReport& report) {
  if (report.changed != 0) {
    fmt::print(stderr,
               "postern: {} had been taught as the opposite before; the newer lesson counts\n",
               report.changed);
  }
  const auto counts = store.count_lessons();
  if (!counts || report.learned + report.changed == 0) return;
  if (counts->ham + counts->spam > looked_through) return;
  const auto found = find_contradictions(store);
  if (!found || found->empty()) return;
  fmt::print(stderr,
             "postern: {} lessons contradict another of nearly the same text (the first: {} and "
             "{}); see postern lessons review\n",
             found->size(), found->front().first, found->front().second);
}

}  // namespace

int run_train(const TrainOptions& options) {
  const StateFolder folder(options.state);
  const auto store = folder.open_store();
  if (!store) return fail(store.error());
  Result<Teacher> teacher = open_teacher(folder, **store, options.base_model, options.site_model);
  if (!teacher) return fail(teacher.error());
  auto examiner = open_examiner(options, folder, *teacher);
  if (!examiner) return fail(examiner.error());
  Lecture lecture(*teacher, std::move(*examiner));
  Result<void> taught =
      options.index.empty() ? teach_paths(options, lecture) : teach_index(options, lecture);
  // What was read before a failure is taught all the same: training is idempotent.
  const Result<void> rest = lecture.flush();
  if (taught && !rest) taught = rest;
  const Result<void> folded = fold(*teacher);
  const TeachReport& report = lecture.report();
  const std::string skipped =
      options.on_error ? fmt::format(", judged rightly {}", lecture.skipped()) : "";
  fmt::print("learned {}, changed {}, already known {}{}; {}\n", report.learned, report.changed,
             report.known, skipped, totals(**store));
  report_contradictions(**store, report);
  if (!taught) return fail(taught.error());
  if (!folded) return fail(folded.error());
  return 0;
}

int run_forget(const ForgetOptions& options) {
  const StateFolder folder(options.state);
  const auto store = folder.open_store();
  if (!store) return fail(store.error());
  Result<Teacher> teacher = open_teacher(folder, **store, options.base_model, options.site_model);
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
