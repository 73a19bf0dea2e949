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

// The paths with each folder replaced by its *.cf, in byte order.
Result<std::vector<std::string>> files_of(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    if (!is_directory(path)) {
      files.push_back(path);
      continue;
    }
    const auto names = list_directory(path);
    if (!names) return names.error();
    for (const std::string& name : *names) {
      if (name.size() > 3 && name.compare(name.size() - 3, 3, ".cf") == 0) {
        files.push_back(path + (path.back() == '/' ? "" : "/") + name);
      }
    }
  }
  return files;
}

// Parsing and compiling report one after the other; people read files from top to bottom.
void sort_by_place(const std::vector<std::string>& files, std::vector<Diagnostic>& diagnostics,
                   std::size_t from) {
  std::unordered_map<std::string, std::size_t> order;
  for (std::size_t i = 0; i < files.size(); ++i) order.try_emplace(files[i], i);
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
  const auto files = files_of(paths);
  if (!files) return files.error();
  const std::size_t first = diagnostics.size();
  RuleParser parser(diagnostics);
  for (const std::string& file : *files) {
    const auto text = read_file(file);
    if (!text) return text.error();
    parser.read(*text, file);
  }
  std::shared_ptr<RuleSet> set(new RuleSet());
  set->impl_->compiled = compile_rules(parser.finish(), diagnostics);
  sort_by_place(*files, diagnostics, first);
  return std::shared_ptr<const RuleSet>(std::move(set));
}

std::shared_ptr<const RuleSet> RuleSet::parse(std::string_view text, const std::string& name,
                                              std::vector<Diagnostic>& diagnostics) {
  const std::size_t first = diagnostics.size();
  RuleParser parser(diagnostics);
  parser.read(text, name);
  std::shared_ptr<RuleSet> set(new RuleSet());
  set->impl_->compiled = compile_rules(parser.finish(), diagnostics);
  sort_by_place({name}, diagnostics, first);
  return set;
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
  const CompiledRules& compiled = *impl_->compiled;
  nanoseconds.resize(size());
  std::vector<std::uint32_t> counts;
  compiled.count(content, false, counts, &nanoseconds);
  for (std::uint32_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0 && compiled.rules[i].counts) hits.push_back(i);
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
