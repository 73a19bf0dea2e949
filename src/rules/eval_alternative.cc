// Eval functions that compare the texts of a multipart/alternative, which ought to say the same
// (Mail::SpamAssassin::Plugin::BodyEval).
#include <algorithm>
#include <unordered_map>

#include "base/ascii.h"
#include "rules/eval_functions.h"
#include "rules/message_facts.h"

namespace postern {

namespace {

using Words = std::unordered_map<std::string_view, std::size_t>;

bool is_word(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return is_ascii_alnum(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
  });
}

void count_words(std::string_view text, Words& words) {
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at, space = 0;
    while (end < text.size() && (space = space_length(text, end)) == 0) ++end;
    const std::string_view word = text.substr(at, end - at);
    if (is_word(word)) ++words[word];
    at = end + space;
  }
}

struct Difference {
  double percent = 0;  // of the HTML's words that the text has not, in the worst alternative
  std::size_t html = 0, text = 0;  // different words, in the last one
};

// Looks at the parts inside of the one at `index`.
void compare_alternative(MessageFacts& facts, std::size_t index, Difference& difference) {
  const auto& parts = facts.content().parts;
  Words html, text;
  bool has_image = false;
  for (const PartText& each : facts.texts()) {
    std::size_t ancestor = each.part;
    while (ancestor > index) ancestor = parts[ancestor].parent;
    if (ancestor != index) continue;
    count_words(each.text, each.html != nullptr ? html : text);
    has_image |= each.html != nullptr && each.html->inside.count("img") != 0;
  }
  if (html.empty() && has_image) html["\n"] = 1;
  if (html.empty()) return;
  difference.html = html.size();
  difference.text = text.size();
  const auto missing = std::count_if(html.begin(), html.end(), [&text](const auto& word) {
    const auto found = text.find(word.first);
    return found == text.end() || found->second < word.second;
  });
  difference.percent = std::max(difference.percent, 100 * static_cast<double>(missing) /
                                                        static_cast<double>(difference.html));
}

Difference find_difference(MessageFacts& facts) {
  const auto& parts = facts.content().parts;
  Difference difference;
  // Invitations to meetings say nothing in the text.
  const bool invitation = parts.size() == 3 && parts[0].type == "multipart/alternative" &&
                          parts[1].type == "text/html" && parts[2].type == "text/calendar";
  if (invitation) return difference;
  constexpr std::size_t most = 10;  // alternatives; each costs its text once
  std::size_t seen = 0;
  for (std::size_t i = 0; i < parts.size() && seen < most; ++i) {
    if (parts[i].type != "multipart/alternative") continue;
    ++seen;
    compare_alternative(facts, i, difference);
  }
  return difference;
}

const Difference& compare_alternatives(MessageFacts& facts) {
  return facts.remembered<Difference>([&facts] { return find_difference(facts); });
}

double multipart_alternative_difference(MessageFacts& facts, const EvalArguments& arguments) {
  const double least = number_argument(arguments, 0, 0);
  const double percent = compare_alternatives(facts).percent;
  return (least == 0 || percent > least) && percent <= number_argument(arguments, 1, 100);
}

double multipart_alternative_difference_count(MessageFacts& facts, const EvalArguments& arguments) {
  const Difference& difference = compare_alternatives(facts);
  if (static_cast<double>(difference.html) <= number_argument(arguments, 1, 0)) return 0;
  return static_cast<double>(difference.text) / static_cast<double>(difference.html) >
         number_argument(arguments, 0, 0);
}

}  // namespace

void append_alternative_functions(EvalTable& table) {
  table.insert(table.end(), {{"multipart_alternative_difference", multipart_alternative_difference},
                             {"multipart_alternative_difference_count",
                              multipart_alternative_difference_count}});
}

}  // namespace postern
