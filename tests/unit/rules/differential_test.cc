// What must not matter: that expressions are looked for together, line ends, where fields are
// folded. The shipped rules on the demo mail.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "rules/compiled_rules.h"
#include "rules/message_facts.h"
#include "rules/rule_parser.h"

namespace postern {
namespace {

std::filesystem::path source_folder() {
  return std::filesystem::path(__FILE__).parent_path().parent_path().parent_path().parent_path();
}

std::string contents(const std::filesystem::path& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

std::unique_ptr<const CompiledRules> shipped_rules() {
  std::vector<Diagnostic> diagnostics;
  RuleParser parser(diagnostics);
  for (const auto& entry : std::filesystem::directory_iterator(source_folder() / "rules")) {
    if (entry.path().extension() == ".cf") {
      parser.read(contents(entry.path()), entry.path().filename().string());
    }
  }
  return compile_rules(parser.finish(), diagnostics);
}

// All with LF line ends.
std::vector<std::string> demo_mail() {
  std::vector<std::string> mail;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(source_folder() / "tests/data/demo_mail")) {
    if (!entry.is_regular_file()) continue;
    mail.push_back(contents(entry.path()));
    std::erase(mail.back(), '\r');
  }
  return mail;
}

std::vector<std::uint32_t> counts_of(const CompiledRules& rules, std::string_view mail) {
  std::vector<std::uint32_t> counts;
  rules.count(Content::decode(Blob::copy(mail)), true, counts);
  return counts;
}

// Calls `visit(header, place, out)` for each octet of the header and copies the rest.
template <class Visit>
std::string with_header_changed(std::string_view mail, Visit&& visit) {
  const std::size_t body = std::min(mail.find("\n\n"), mail.size());
  std::string out;
  for (std::size_t i = 0; i < body; ++i) visit(mail.substr(0, body), i, out);
  return out.append(mail.substr(body));
}

void expect_equal(const PatternSet& patterns, const std::vector<std::string_view>& chunks,
                  std::size_t& hits) {
  std::vector<std::uint32_t> together(patterns.size());
  PcreBudget budget;
  patterns.count(chunks, budget, together);
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    PcreBudget alone;
    EXPECT_EQ(together[i], patterns.count_alone(i, chunks, alone)) << i;
    hits += together[i];
  }
}

TEST(Differential, RulesTogetherHitWhatEachHitsAlone) {
  const auto rules = shipped_rules();
  std::size_t hits = 0;
  for (const std::string& mail : demo_mail()) {
    const Content content = Content::decode(Blob::copy(mail));
    MessageFacts facts(content, rules->settings);
    expect_equal(rules->body.patterns, facts.body().chunks, hits);
    expect_equal(rules->rawbody.patterns, facts.rawbody().chunks, hits);
    expect_equal(rules->uri.patterns, facts.uris().chunks, hits);
    expect_equal(rules->full.patterns, facts.full().chunks, hits);
    for (const auto& [selector, header] : rules->headers) {
      std::string text;
      facts.headers().text(selector, text);
      expect_equal(header.patterns, {text}, hits);
    }
  }
  EXPECT_GT(hits, 500u);
}

TEST(Differential, LineEndsDoNotMatter) {
  const auto rules = shipped_rules();
  for (const std::string& mail : demo_mail()) {
    std::string crlf;
    for (const char c : mail) {
      if (c == '\n') crlf += '\r';
      crlf += c;
    }
    EXPECT_EQ(counts_of(*rules, mail), counts_of(*rules, crlf)) << mail.substr(0, 200);
  }
}

// Of rules that look at a field as written folds are part of the text.
bool sees_folds(const CompiledRules::Rule& rule) {
  return rule.kind == RuleKind::full || rule.kind == RuleKind::meta ||
         rule.kind == RuleKind::eval || rule.header.raw;
}

TEST(Differential, FoldsDoNotMatter) {
  const auto rules = shipped_rules();
  std::size_t folds = 0;
  for (const std::string& mail : demo_mail()) {
    const std::string flat =
        with_header_changed(mail, [&](std::string_view header, std::size_t at, std::string& out) {
          const bool fold = header[at] == '\n' && at + 1 < header.size() &&
                            (header[at + 1] == ' ' || header[at + 1] == '\t');
          folds += fold;
          if (!fold) out += header[at] == '\t' ? ' ' : header[at];
        });
    const auto before = counts_of(*rules, mail), after = counts_of(*rules, flat);
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (!sees_folds(rules->rules[i])) {
        EXPECT_EQ(before[i], after[i]) << rules->rules[i].info.name << '\n' << mail.substr(0, 300);
      }
    }
  }
  EXPECT_GT(folds, 10u);
}

}  // namespace
}  // namespace postern
