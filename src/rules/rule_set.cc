#include "rules/rule_set.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "base/file.h"
#include "rules/compiled_rules.h"
#include "rules/rule_parser.h"
#include "rules/rule_tests.h"

namespace postern {

namespace {

// Parsing and compiling report one after the other; people read files from top to bottom.
void sort_by_place(std::span<const RuleSource> sources, std::vector<Diagnostic>& diagnostics,
                   std::size_t from) {
  std::unordered_map<std::string, std::size_t> order;
  for (std::size_t i = 0; i < sources.size(); ++i) order.try_emplace(sources[i].name, i);
  const auto key = [&order](const Diagnostic& diagnostic) {
    return std::make_tuple(order[diagnostic.file], diagnostic.line, diagnostic.column);
  };
  std::stable_sort(diagnostics.begin() + static_cast<std::ptrdiff_t>(from), diagnostics.end(),
                   [&key](const Diagnostic& a, const Diagnostic& b) { return key(a) < key(b); });
}

}  // namespace

struct RuleSet::Impl {
  std::unique_ptr<const CompiledRules> compiled;
};

RuleSet::RuleSet() : impl_(std::make_unique<Impl>()) {}
RuleSet::~RuleSet() = default;

Result<std::shared_ptr<const RuleSet>> RuleSet::load(const std::vector<std::string>& paths,
                                                     std::vector<Diagnostic>& diagnostics) {
  const auto sources = read_rule_sources(paths);
  if (!sources) return sources.error();
  return compile(*sources, diagnostics);
}

std::shared_ptr<const RuleSet> RuleSet::compile(std::span<const RuleSource> sources,
                                                std::vector<Diagnostic>& diagnostics) {
  const std::size_t first = diagnostics.size();
  RuleParser parser(diagnostics);
  parser.load_with([](const std::string& path) -> Result<std::string> {
    if (!is_file(path)) return Error(Errc::no_input, path + " is no file");
    return read_file(path);
  });
  for (const RuleSource& source : sources) parser.read(source.text, source.name);
  std::shared_ptr<RuleSet> set(new RuleSet());
  set->impl_->compiled = compile_rules(parser.finish(), diagnostics);
  sort_by_place(sources, diagnostics, first);
  return set;
}

std::shared_ptr<const RuleSet> RuleSet::parse(std::string_view text, const std::string& name,
                                              std::vector<Diagnostic>& diagnostics) {
  const RuleSource source{name, std::string(text)};
  return compile({&source, 1}, diagnostics);
}

void RuleSet::evaluate(const Content& content, std::vector<std::uint32_t>& hits) const {
  hits.clear();
  const CompiledRules& compiled = *impl_->compiled;
  std::vector<std::uint32_t> counts;
  compiled.count(content, false, counts);
  for (std::uint32_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0 && compiled.rules[i].counts) hits.push_back(i);
  }
}

void RuleSet::evaluate_everything(const Content& content, std::vector<std::uint32_t>& hits) const {
  hits.clear();
  std::vector<std::uint32_t> counts;
  impl_->compiled->count(content, true, counts);
  for (std::uint32_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) hits.push_back(i);
  }
}

void RuleSet::measure(const Content& content, std::vector<std::uint32_t>& hits,
                      std::vector<std::uint64_t>& nanoseconds) const {
  hits.clear();
  nanoseconds.resize(size());
  std::vector<std::uint32_t> counts;
  impl_->compiled->count(content, false, counts, &nanoseconds);
  for (std::uint32_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) hits.push_back(i);
  }
}

RegexEngine RuleSet::engine(std::uint32_t index) const {
  const CompiledRules::Rule& rule = impl_->compiled->rules[index];
  if (rule.patterns == nullptr) return RegexEngine::none;
  return rule.patterns->confirmed(rule.pattern) ? RegexEngine::pcre2 : RegexEngine::re2;
}

std::uint64_t RuleSet::limits_reached(std::uint32_t index) const {
  const CompiledRules::Rule& rule = impl_->compiled->rules[index];
  return rule.patterns == nullptr ? 0 : rule.patterns->limits_reached(rule.pattern);
}

const std::vector<LeftOutRule>& RuleSet::left_out() const { return impl_->compiled->left_out; }

std::size_t RuleSet::size() const { return impl_->compiled->rules.size(); }

const RuleInfo& RuleSet::info(std::uint32_t index) const {
  return impl_->compiled->rules[index].info;
}

const std::vector<RuleTest>& RuleSet::tests() const { return impl_->compiled->tests; }

bool RuleSet::passes(const RuleTest& test) const {
  const CompiledRules& compiled = *impl_->compiled;
  const auto rule = std::find_if(
      compiled.rules.begin(), compiled.rules.end(),
      [&test](const CompiledRules::Rule& each) { return each.info.name == test.rule; });
  if (rule == compiled.rules.end()) return false;
  const Content content = Content::decode(Blob::own(message_for_test(*rule, test.text)));
  std::vector<std::uint32_t> counts;
  compiled.count(content, true, counts);
  const auto index = static_cast<std::size_t>(rule - compiled.rules.begin());
  return (counts[index] > 0) == test.must_hit;
}

std::uint64_t RuleSet::version() const { return impl_->compiled->version; }

}  // namespace postern
