// postern lessons list|show|undo|review
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cmath>

#include "commands.h"
#include "mail/content.h"
#include "message_text.h"
#include "progress.h"
#include "server/lesson_review.h"

namespace postern {
namespace {

constexpr std::size_t batch = 256;

struct ListedLesson {
  Lesson lesson;
  std::string from, subject;
};

ListedLesson described(const StateStore::NewLesson& one) {
  const Content content = Content::decode(one.content);
  const std::string from = content.from.empty() ? "" : std::string(content.from.front().mailbox);
  return {one.lesson, printable(from), printable(std::string(content.subject))};
}

boost::json::object to_json(const ListedLesson& one) {
  return {{"number", one.lesson.number},
          {"class", std::string(to_string(one.lesson.taught))},
          {"time", to_rfc3339(one.lesson.time)},
          {"source", one.lesson.source},
          {"from", one.from},
          {"subject", one.subject},
          {"digest", one.lesson.digest}};
}

void print_line(const ListedLesson& one) {
  fmt::print("{}\t{}\t{}\t{}\t{}\t{}\n", one.lesson.number, to_string(one.lesson.taught),
             to_rfc3339(one.lesson.time), one.lesson.source, one.from, one.subject);
}

Result<StateStore::NewLesson> find(StateStore& store, std::uint64_t number) {
  auto read = store.read_lessons(std::max<std::uint64_t>(number, 1) - 1, 1);
  if (!read) return read.error();
  if (read->empty() || read->front().lesson.number != number) {
    return Error(Errc::no_input, "there is no lesson " + std::to_string(number) +
                                     "; postern lessons list shows those that there are");
  }
  return std::move(read->front());
}

Result<ListedLesson> described(StateStore& store, std::uint64_t number) {
  const auto found = find(store, number);
  if (!found) return found.error();
  return described(*found);
}

std::string chance(double log_odds) {
  return fmt::format("{:.1f} %", 100 / (1 + std::exp(-log_odds)));
}

Result<void> print_suspects(StateStore& store, const LessonReview& review, bool json,
                            boost::json::array& out) {
  for (const LessonReview::Suspect& suspect : review.suspects) {
    const auto one = described(store, suspect.lesson.number);
    if (!one) return one.error();
    boost::json::object object = to_json(*one);
    object["log_odds_before"] = suspect.before;
    object["log_odds_now"] = suspect.now;
    out.push_back(std::move(object));
    if (json) continue;
    print_line(*one);
    fmt::print("\tthe other lessons give it {} for spam\n", chance(suspect.now));
  }
  return {};
}

Result<void> print_contradictions(StateStore& store, const LessonReview& review, bool json,
                                  boost::json::array& out) {
  for (const auto& [earlier, later] : review.contradictions) {
    const auto first = described(store, earlier);
    if (!first) return first.error();
    const auto second = described(store, later);
    if (!second) return second.error();
    out.push_back(boost::json::array{to_json(*first), to_json(*second)});
    if (json) continue;
    print_line(*first);
    print_line(*second);
    fmt::print("\tnearly the same text\n");
  }
  return {};
}

Result<void> print_review(StateStore& store, const LessonReview& review, bool json) {
  boost::json::array suspects, pairs;
  if (!json) {
    fmt::print("{} lessons; about {:.1f} % of the recent ones look wrong\n", review.lessons,
               review.doubt * 100);
    fmt::print("{} that look wrong now:\n", review.suspects.size());
  }
  Result<void> printed = print_suspects(store, review, json, suspects);
  if (!printed) return printed.error();
  if (!json) {
    fmt::print("{} pairs that contradict each other:\n", review.contradictions.size());
  }
  printed = print_contradictions(store, review, json, pairs);
  if (!printed) return printed.error();
  if (json) {
    const boost::json::object all = {{"lessons", review.lessons},
                                     {"doubt", review.doubt},
                                     {"suspects", std::move(suspects)},
                                     {"contradictions", std::move(pairs)}};
    fmt::print("{}\n", boost::json::serialize(all));
  } else if (!review.suspects.empty() || !review.contradictions.empty()) {
    fmt::print(
        "postern lessons show NUMBER shows one, postern lessons undo NUMBER takes it back\n");
  }
  return {};
}

}  // namespace

int run_lessons_list(const LessonsOptions& options) {
  const auto store = StateFolder(options.state).open_store();
  if (!store) return fail(store.error());
  std::uint64_t after = 0;
  while (true) {
    const auto lessons = (*store)->read_lessons(after, batch);
    if (!lessons) return fail(lessons.error());
    if (lessons->empty()) return 0;
    for (const StateStore::NewLesson& one : *lessons) {
      if (options.json) {
        fmt::print("{}\n", boost::json::serialize(to_json(described(one))));
      } else {
        print_line(described(one));
      }
      after = one.lesson.number;
    }
  }
}

int run_lessons_show(const LessonsOptions& options) {
  const auto store = StateFolder(options.state).open_store();
  if (!store) return fail(store.error());
  for (const std::uint64_t number : options.numbers) {
    const auto found = find(**store, number);
    if (!found) return fail(found.error());
    if (options.json) {
      boost::json::object object = to_json(described(*found));
      object["content"] = printable_lines(std::string(found->content.view()));
      fmt::print("{}\n", boost::json::serialize(object));
    } else {
      print_line(described(*found));
      fmt::print("{}\n", printable_lines(std::string(found->content.view())));
    }
  }
  return 0;
}

int run_lessons_undo(const LessonsOptions& options) {
  const StateFolder folder(options.state);
  const auto store = folder.open_store();
  if (!store) return fail(store.error());
  const auto background = load_background(options.base_model, options.site_model);
  if (!background) return fail(background.error());
  Teacher teacher(**store, folder.personal_model(), *background, system_clock());
  const Result<void> revoked = teacher.revoke(options.numbers);
  if (!revoked) return fail(revoked.error());
  ProgressBar bar("learning");
  const Result<void> folded =
      teacher.catch_up([&](std::uint64_t done, std::uint64_t total) { bar.show(done, total); });
  fmt::print("took back {}\n", options.numbers.size());
  return folded ? 0 : fail(folded.error());
}

int run_lessons_review(const LessonsOptions& options) {
  const StateFolder folder(options.state);
  const auto store = folder.open_store();
  if (!store) return fail(store.error());
  const auto background = load_background(options.base_model, options.site_model);
  if (!background) return fail(background.error());
  ProgressBar bar("reviewing");
  const auto review =
      review_lessons(**store, *background,
                     [&](std::uint64_t done, std::uint64_t total) { bar.show(done, total); });
  if (!review) return fail(review.error());
  const Result<void> printed = print_review(**store, *review, options.json);
  return printed ? 0 : fail(printed.error());
}

}  // namespace postern
