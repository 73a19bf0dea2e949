#include <fmt/format.h>

#include <unordered_map>
#include <unordered_set>

#include "base/hash.h"
#include "rules/compiled_rules.h"
#include "rules/regex_translation.h"

namespace postern {

namespace {

// RE2 instructions of all expressions together; some 16 octets each, and as much again for
// reverse programs.
constexpr std::size_t most_instructions = 4'000'000;
constexpr std::uint32_t left_out = UINT32_MAX;

bool is_sub_rule(const std::string& name) { return name.substr(0, 2) == "__"; }

class RuleCompiler {
 public:
  RuleCompiler(ParsedRules parsed, std::vector<Diagnostic>& diagnostics)
      : parsed_(std::move(parsed)),
        diagnostics_(diagnostics),
        out_(std::make_unique<CompiledRules>()),
        final_index_(parsed_.rules.size(), 0) {}

  std::unique_ptr<const CompiledRules> run() {
    for (std::size_t i = 0; i < parsed_.rules.size(); ++i) {
      by_name_[parsed_.rules[i].name] = static_cast<std::uint32_t>(i);
      if (!compile_rule(static_cast<std::uint32_t>(i))) final_index_[i] = left_out;
    }
    link_metas();
    order_metas();
    number_rules();
    out_->prepare_metas();
    out_->tests = std::move(parsed_.tests);
    out_->version = version();
    out_->settings = std::move(parsed_.settings);
    return std::move(out_);
  }

 private:
  void report(Severity severity, const RuleDefinition& rule, int column, std::string what,
              std::string advice) {
    diagnostics_.push_back({severity, rule.place.file, rule.place.line, column, rule.name,
                            std::move(what), std::move(advice)});
  }

  // Until number_rules(), patterns and metas refer to rules by index of their definition.
  bool compile_rule(std::uint32_t index) {
    const RuleDefinition& rule = parsed_.rules[index];
    switch (rule.kind) {
      case RuleKind::meta: return compile_meta(index);
      case RuleKind::body:
        return compile_section(rule.skips_subject ? out_->body_without_subject : out_->body, index,
                               false);
      case RuleKind::rawbody: return compile_section(out_->rawbody, index, false);
      case RuleKind::uri: return compile_section(out_->uri, index, false);
      case RuleKind::full: return compile_section(out_->full, index, true);
      case RuleKind::eval: return compile_eval(index);
      case RuleKind::uri_detail: return compile_links(index);
      case RuleKind::mime_header:
      case RuleKind::header: break;
    }
    const bool parts = rule.kind == RuleKind::mime_header;
    HeaderRules& header = (parts ? out_->part_headers : out_->headers)[rule.header];
    if (rule.exists) {
      header.exists_rules.push_back(index);
      return true;
    }
    const bool raw = rule.header.form == FieldForm::raw;
    const RegexSource source = parts ? rule.regex : CaptureRules::loose_form(rule.regex);
    if (!compile_regex(rule, source, header.patterns, raw)) return false;
    header.tests.push_back({index, rule.negated, rule.unless});
    if (!parts) out_->captures.add(index, rule);
    return true;
  }

  bool compile_section(SectionRules& section, std::uint32_t index, bool bytes) {
    const RuleDefinition& rule = parsed_.rules[index];
    const RegexSource source = CaptureRules::loose_form(rule.regex);
    if (!compile_regex(rule, source, section.patterns, bytes)) return false;
    section.rules.push_back(index);
    out_->captures.add(index, rule);
    return true;
  }

  bool compile_links(std::uint32_t index) {
    const RuleDefinition& rule = parsed_.rules[index];
    auto compiled = std::make_unique<LinkRule>();
    compiled->rule = index;
    for (const LinkCondition& condition : rule.links) {
      if (!compile_regex(rule, condition.regex, compiled->patterns, false)) return false;
      compiled->conditions.push_back({condition.key, condition.negated});
    }
    compiled->patterns.compile();
    links_.push_back(std::move(compiled));
    return true;
  }

  bool compile_eval(std::uint32_t index) {
    const RuleDefinition& rule = parsed_.rules[index];
    const EvalEntry* const entry = find_eval_function(rule.call.function);
    if (entry == nullptr || entry->function == nullptr) return false;  // the parser said so
    EvalRule compiled;
    compiled.rule = index;
    compiled.function = entry->function;
    compiled.arguments.words = rule.call.arguments;
    const std::string_view pattern =
        text_argument(compiled.arguments, static_cast<std::size_t>(entry->regex_argument));
    if (entry->regex_argument >= 0 && !pattern.empty()) {
      RegexSource source;
      source.pattern = pattern;
      auto patterns = std::make_shared<PatternSet>();
      if (!compile_regex(rule, source, *patterns, false)) return false;
      patterns->compile();
      compiled.arguments.regex = std::move(patterns);
    }
    out_->evals.push_back(std::move(compiled));
    return true;
  }

  bool compile_regex(const RuleDefinition& rule, const RegexSource& source, PatternSet& patterns,
                     bool bytes) {
    const auto leave_out = [&](std::string why) {
      out_->left_out.push_back({rule.name, rule.place.file, rule.place.line, std::move(why)});
      return false;
    };
    if (instructions_ > most_instructions) {
      report(Severity::error, rule, source.column,
             "left out: the expressions of all rules together are too large",
             "use fewer rules, or smaller repeat counts");
      return leave_out("the expressions of all rules together are too large");
    }
    const RegexTranslation regex = translate_regex(source, bytes);
    if (!regex.ok) {
      report(Severity::error, rule, source.column + static_cast<int>(regex.at), regex.what,
             regex.advice);
      return leave_out(regex.what);
    }
    const std::string failure = patterns.add(regex, rule.negated ? 1 : rule.most_counted);
    if (!failure.empty()) {
      report(Severity::error, rule, source.column, failure,
             "the rule is left out until its expression is mended");
      return leave_out(failure);
    }
    instructions_ += patterns.program_size(patterns.size() - 1);
    return true;
  }

  bool compile_meta(std::uint32_t index) {
    const RuleDefinition& rule = parsed_.rules[index];
    MetaRule meta;
    meta.rule = index;
    MetaExpression::Failure failure;
    if (!meta.expression.parse(with_rule_counts(rule.meta), failure)) {
      report(Severity::error, rule, rule.meta_column + static_cast<int>(failure.at), failure.what,
             failure.advice);
      return false;
    }
    out_->metas.push_back(std::move(meta));
    return true;
  }

  // "rules_matching(__A*)" becomes the sum of those rules.
  std::string with_rule_counts(const std::string& text) const {
    constexpr std::string_view function = "rules_matching(";
    std::string expanded;
    std::size_t at = 0;
    while (true) {
      const std::size_t call = text.find(function, at);
      const std::size_t end = call == std::string::npos ? call : text.find(')', call);
      expanded += text.substr(at, call - at);
      if (end == std::string::npos) return expanded;
      const std::string glob = text.substr(call + function.size(), end - call - function.size());
      expanded += "(0";
      for (const RuleDefinition& rule : parsed_.rules) {
        if (rule.kind != RuleKind::meta && matches_glob(glob, rule.name)) {
          expanded += " + " + rule.name;
        }
      }
      expanded += ')';
      at = end + 1;
    }
  }

  // Names become rules; one that is missing counts as 0, as in SpamAssassin, and is reported.
  void link_metas() {
    const std::unordered_set<std::string> known_missing(parsed_.left_out.begin(),
                                                        parsed_.left_out.end());
    for (MetaRule& meta : out_->metas) {
      const RuleDefinition& rule = parsed_.rules[meta.rule];
      for (const MetaExpression::Name& name : meta.expression.names()) {
        const auto found = by_name_.find(name.text);
        const bool loaded = found != by_name_.end() && final_index_[found->second] != left_out;
        meta.operands.push_back(loaded ? static_cast<std::int32_t>(found->second) : -1);
        if (loaded) continue;
        const int column = rule.meta_column + static_cast<int>(name.at);
        if (found != by_name_.end()) {
          report(Severity::warning, rule, column,
                 fmt::format("{} was left out, so it counts as 0 here", name.text), "mend it");
        } else if (known_missing.count(name.text) != 0) {
          report(Severity::note, rule, column,
                 fmt::format("{} is not available, so it counts as 0 here", name.text), "");
        } else {
          report(Severity::warning, rule, column,
                 fmt::format("there is no rule {}, so it counts as 0 here", name.text),
                 "check the spelling");
        }
      }
    }
  }

  // Sorts metas so that each follows what it names (Kahn 1962); what remains is in a circle.
  void order_metas() {
    std::vector<MetaRule>& metas = out_->metas;
    std::unordered_map<std::uint32_t, std::size_t> meta_of;
    for (std::size_t i = 0; i < metas.size(); ++i) meta_of[metas[i].rule] = i;
    std::vector<std::size_t> waits_for(metas.size(), 0);
    std::vector<std::vector<std::size_t>> needed_by(metas.size());
    for (std::size_t i = 0; i < metas.size(); ++i) {
      for (const std::int32_t operand : metas[i].operands) {
        const auto other = meta_of.find(static_cast<std::uint32_t>(operand));
        if (operand < 0 || other == meta_of.end()) continue;
        needed_by[other->second].push_back(i);
        ++waits_for[i];
      }
    }
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < metas.size(); ++i) {
      if (waits_for[i] == 0) order.push_back(i);
    }
    for (std::size_t i = 0; i < order.size(); ++i) {
      for (const std::size_t dependent : needed_by[order[i]]) {
        if (--waits_for[dependent] == 0) order.push_back(dependent);
      }
    }
    for (std::size_t i = 0; i < metas.size(); ++i) {
      if (waits_for[i] == 0) continue;
      const RuleDefinition& rule = parsed_.rules[metas[i].rule];
      final_index_[metas[i].rule] = left_out;
      report(Severity::error, rule, rule.meta_column,
             "left out: it is part of a circle of meta rules, or needs one",
             "let no rule depend on itself");
    }
    std::vector<MetaRule> sorted;
    sorted.reserve(order.size());
    for (const std::size_t i : order) sorted.push_back(std::move(metas[i]));
    metas = std::move(sorted);
  }

  template <class Renumber, class Place>
  static void number_header(HeaderRules& header, Renumber&& renumber, Place&& place) {
    for (HeaderRules::Test& test : header.tests) renumber(test.rule);
    for (std::uint32_t& rule : header.exists_rules) renumber(rule);
    for (std::size_t i = 0; i < header.tests.size(); ++i) {
      place(header.tests[i].rule, header.patterns, i);
    }
    header.compile();
  }

  void number_rules() {
    for (std::size_t i = 0; i < parsed_.rules.size(); ++i) {
      if (final_index_[i] == left_out) continue;
      const RuleDefinition& rule = parsed_.rules[i];
      final_index_[i] = static_cast<std::uint32_t>(out_->rules.size());
      CompiledRules::Rule compiled;
      compiled.kind = rule.kind;
      compiled.header = rule.header;
      compiled.wants_captures = !CaptureRules::wanted_names(rule.regex.pattern).empty();
      compiled.disabled = rule.points.value_or(0) == 0;
      compiled.counts = !is_sub_rule(rule.name) && !compiled.disabled;
      compiled.info = {rule.name,       rule.description, compiled.counts ? *rule.points : 0,
                       rule.place.file, rule.place.line,  rule.scored};
      out_->rules.push_back(std::move(compiled));
    }
    const auto place = [this](std::uint32_t rule, const PatternSet& patterns, std::size_t index) {
      out_->rules[rule].patterns = &patterns;
      out_->rules[rule].pattern = index;
    };
    const auto renumber = [this](std::uint32_t& rule) { rule = final_index_[rule]; };
    for (SectionRules* section :
         {&out_->body, &out_->body_without_subject, &out_->rawbody, &out_->uri, &out_->full}) {
      for (std::uint32_t& rule : section->rules) renumber(rule);
      for (std::size_t i = 0; i < section->rules.size(); ++i) {
        place(section->rules[i], section->patterns, i);
      }
      section->patterns.compile();
    }
    for (auto& [selector, header] : out_->headers) number_header(header, renumber, place);
    for (auto& [selector, header] : out_->part_headers) number_header(header, renumber, place);
    for (EvalRule& eval : out_->evals) renumber(eval.rule);
    out_->captures.renumber(final_index_);
    for (std::unique_ptr<LinkRule>& link : links_) {
      renumber(link->rule);
      place(link->rule, link->patterns, 0);
      out_->links.push_back(std::move(link));
    }
    for (MetaRule& meta : out_->metas) {
      renumber(meta.rule);
      for (std::int32_t& operand : meta.operands) {
        if (operand < 0) continue;
        operand = static_cast<std::int32_t>(final_index_[static_cast<std::size_t>(operand)]);
      }
    }
  }

  std::uint64_t version() const {
    std::uint64_t hash = parsed_.settings.digest;
    for (std::size_t i = 0; i < parsed_.rules.size(); ++i) {
      if (final_index_[i] == left_out) continue;
      const RuleDefinition& rule = parsed_.rules[i];
      std::string numbers =
          fmt::format("{} {} {} {} {} {} {} {} {} {}", static_cast<int>(rule.kind), *rule.points,
                      rule.most_counted, rule.exists, rule.negated, rule.skips_subject,
                      static_cast<int>(rule.header.form), static_cast<int>(rule.header.part),
                      rule.header.first, rule.header.last);
      for (const LinkCondition& link : rule.links) numbers += link.regex.pattern;
      for (const std::string& argument : rule.call.arguments) numbers += '\0' + argument;
      for (const std::string& text :
           {rule.name, numbers, rule.header.field, rule.regex.pattern, rule.regex.modifiers,
            rule.meta, rule.call.function, rule.unless.value_or("\n"), rule.description}) {
        hash = hash_bytes(text, hash + 1);
      }
    }
    return hash;
  }

  ParsedRules parsed_;
  std::vector<Diagnostic>& diagnostics_;
  std::unique_ptr<CompiledRules> out_;
  std::vector<std::unique_ptr<LinkRule>> links_;
  std::unordered_map<std::string, std::uint32_t> by_name_;  // -> index of the definition
  std::vector<std::uint32_t> final_index_;  // by definition; left_out when it did not load
  std::size_t instructions_ = 0;
};

}  // namespace

std::unique_ptr<const CompiledRules> compile_rules(ParsedRules parsed,
                                                   std::vector<Diagnostic>& diagnostics) {
  return RuleCompiler(std::move(parsed), diagnostics).run();
}

}  // namespace postern
