// postern model info|rebuild
#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>

#include "base/ascii.h"
#include "base/file.h"
#include "commands.h"
#include "filter/lesson_file.h"
#include "progress.h"

namespace postern {
namespace {

Teacher::Progress showing(ProgressBar& bar) {
  return [&bar](std::uint64_t done, std::uint64_t total) { bar.show(done, total); };
}

// Log odds and points from which spam would be called, for some shares of ham lost.
boost::json::object thresholds(const Model& model) {
  boost::json::object all;
  for (const double percent : {0.1, 0.5, 1.0}) {
    const auto own = own_threshold(model.state().scores, percent / 100);
    boost::json::object& one = all[fmt::format("ham_loss_{:g}%", percent)].emplace_object();
    if (!own) {
      one["needs_ham_lessons"] = static_cast<std::uint64_t>(200 / percent + 0.5);
      continue;
    }
    one["points"] = own->log_odds / nats_per_point;
    one["ham_lost_percent"] = own->ham_lost.value * 100;
    one["spam_missed_percent"] = own->spam_missed.value * 100;
  }
  return all;
}

boost::json::object describe(const Model& model, const std::string& path) {
  return {{"kind", "personal model"},
          {"path", path},
          {"id", to_hex(model.id())},
          {"octets", model.file_size()},
          {"lessons",
           {{"spam", model.lessons(MailClass::spam)}, {"ham", model.lessons(MailClass::ham)}}},
          {"remembered", {{"spam", model.state().counted[1]}, {"ham", model.state().counted[0]}}},
          {"doubt", model.doubt()},
          {"weights", model.layer().weights.size()},
          {"counts", model.layer().counts.size()},
          {"background", to_hex(model.base_id())},
          {"last_lesson", model.basis().last_number},
          {"taken_back", model.basis().revocations},
          {"threshold", thresholds(model)}};
}

boost::json::object describe(const BaseModel& model, const std::string& path) {
  return {{"kind", "base model"},
          {"path", path},
          {"id", to_hex(model.id())},
          {"features", model.features()}};
}

Result<boost::json::object> describe_lessons(const Blob& file, const std::string& path) {
  const auto lessons = parse_lesson_file(file, path);
  if (!lessons) return lessons.error();
  std::uint64_t counts[2] = {0, 0};
  for (const PortableLesson& lesson : *lessons) ++counts[static_cast<std::size_t>(lesson.taught)];
  return boost::json::object{{"kind", "lesson file"},
                             {"path", path},
                             {"octets", file.size()},
                             {"lessons", {{"spam", counts[1]}, {"ham", counts[0]}}}};
}

// Whichever kind of file it is.
Result<boost::json::object> describe_file(const std::string& path) {
  const Result<Blob> file = Blob::open(path);
  if (!file) return file.error();
  if (is_lesson_file(file->view())) return describe_lessons(*file, path);
  if (file->view().starts_with("PSTRNBAS")) {
    const auto background = BaseModel::parse(*file, path);
    if (!background) return background.error();
    return describe(**background, path);
  }
  const auto model = Model::parse(*file, path);
  if (!model) return model.error();
  return describe(**model, path);
}

Result<boost::json::object> describe_state(const ModelOptions& options) {
  const StateFolder folder(options.state);
  const auto store = folder.open_store();
  if (!store) return store.error();
  const auto background = load_background(options.base_model, options.site_model);
  if (!background) return background.error();
  const auto model = current_model(folder, **store, *background);
  if (!model) return model.error();
  if (*model == nullptr) {
    return Error(Errc::no_input,
                 "nothing was taught yet in '" + options.state + "'; see postern train --help");
  }
  return describe(**model, folder.personal_model());
}

// One line a value; what is nested is named by both keys.
void print_lines(const boost::json::object& object, const std::string& prefix = "") {
  for (const auto& [key, value] : object) {
    const std::string name = prefix + std::string(key);
    if (value.is_object()) {
      print_lines(value.get_object(), name + " ");
    } else if (value.is_string()) {
      fmt::print("{:<20} {}\n", name, std::string(value.get_string()));
    } else if (value.is_double()) {
      fmt::print("{:<20} {:.4f}\n", name, value.get_double());
    } else {
      fmt::print("{:<20} {}\n", name, boost::json::serialize(value));
    }
  }
}

// The first moment after a day written YYYY-MM-DD, in UTC.
Result<UnixSeconds> end_of_day(const std::string& date) {
  const std::vector<std::string_view> parts = split(date, '-');
  const auto number = [&](std::size_t i) { return parse_decimal(parts[i]).value_or(0); };
  if (parts.size() == 3 && parts[0].size() == 4) {
    const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(number(0))),
                                          std::chrono::month(static_cast<unsigned>(number(1))),
                                          std::chrono::day(static_cast<unsigned>(number(2)))};
    if (day.ok()) return UnixSeconds(std::chrono::sys_days(day) + std::chrono::days(1));
  }
  return Error(Errc::usage, "'" + date + "' is no day; write it as 2026-11-23");
}

}  // namespace

int run_model_info(const ModelOptions& options) {
  const auto found = options.file.empty() ? describe_state(options) : describe_file(options.file);
  if (!found) return fail(found.error());
  if (options.json) {
    fmt::print("{}\n", boost::json::serialize(*found));
  } else {
    print_lines(*found);
  }
  return 0;
}

int run_model_rebuild(const ModelOptions& options) {
  if (options.until.empty() != options.output.empty()) {
    return fail({Errc::usage,
                 "--until and --output go together: the model of a day in the past "
                 "is a file of its own, your present one stays"});
  }
  const StateFolder folder(options.state);
  const auto store = folder.open_store();
  if (!store) return fail(store.error());
  const auto background = load_background(options.base_model, options.site_model);
  if (!background) return fail(background.error());
  Teacher teacher(**store, folder.personal_model(), *background, system_clock());
  Result<void> folded;
  const std::string path = options.output.empty() ? folder.personal_model() : options.output;
  {
    ProgressBar bar("learning");
    if (options.until.empty()) {
      folded = teacher.rebuild(showing(bar));
    } else {
      const Result<UnixSeconds> end = end_of_day(options.until);
      if (!end) return fail(end.error());
      folded = teacher.fold_until(*end, path, showing(bar));
    }
  }
  if (!folded) return fail(folded.error());
  const auto model = Model::open(path);
  if (!model) return fail(model.error());
  fmt::print("{} spam and {} ham lessons folded into {}\n", (*model)->lessons(MailClass::spam),
             (*model)->lessons(MailClass::ham), path);
  return 0;
}

}  // namespace postern
