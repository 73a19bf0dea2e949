#include "rules/meta_expression.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <unordered_map>

#include "base/ascii.h"

namespace postern {

void MetaExpression::apply(const Step& step, Stack& stack) {
  if (step.op == Op::number) return stack.push(step.number);
  const double right = stack.pop();
  if (step.op == Op::negate) return stack.push(-right);
  if (step.op == Op::invert) return stack.push(right == 0 ? 1 : 0);
  const double left = stack.pop();
  switch (step.op) {
    case Op::choose: return stack.push(stack.pop() != 0 ? left : right);
    case Op::either: return stack.push(left != 0 || right != 0);
    case Op::both: return stack.push(left != 0 && right != 0);
    case Op::equal: return stack.push(left == right);
    case Op::unequal: return stack.push(left != right);
    case Op::less: return stack.push(left < right);
    case Op::less_equal: return stack.push(left <= right);
    case Op::more: return stack.push(left > right);
    case Op::more_equal: return stack.push(left >= right);
    case Op::add: return stack.push(left + right);
    case Op::subtract: return stack.push(left - right);
    case Op::multiply: return stack.push(left * right);
    case Op::divide: return stack.push(right == 0 ? 0 : left / right);
    case Op::remainder: return stack.push(right == 0 ? 0 : std::fmod(left, right));
    default: return stack.push(0);
  }
}

// Precedence climbing; depth is bounded, so that no rule file can exhaust the stack.
class MetaParser {
 public:
  using Op = MetaExpression::Op;
  MetaParser(std::string_view text, MetaExpression& out, MetaExpression::Failure& failure)
      : text_(text), out_(out), failure_(failure) {}

  bool run() {
    next();
    if (kind_ == Kind::end) return fail("an empty expression", "name the rules to combine");
    if (!choice(0)) return false;
    if (kind_ != Kind::end) return fail(fmt::format("unexpected '{}'", token_), missing_operator);
    return true;
  }

 private:
  enum class Kind { end, number, name, symbol };
  static constexpr const char* missing_operator = "join names with &&, ||, +, and so on";
  static constexpr int deepest = 50;
  static constexpr std::size_t longest = 20000;  // steps

  bool fail(std::string what, std::string advice) {
    failure_ = {token_at_, std::move(what), std::move(advice)};
    return false;
  }

  void next() {
    while (at_ < text_.size() && is_ascii_space(text_[at_])) ++at_;
    token_at_ = at_;
    if (at_ >= text_.size()) {
      kind_ = Kind::end;
      token_ = {};
      return;
    }
    const auto is_name = [](char c) { return is_ascii_alnum(c) || c == '_'; };
    std::size_t end = at_;
    if (is_ascii_digit(text_[at_]) || text_[at_] == '.') {
      kind_ = Kind::number;
      while (end < text_.size() && (is_name(text_[end]) || text_[end] == '.')) ++end;
    } else if (is_name(text_[at_])) {
      kind_ = Kind::name;
      while (end < text_.size() && is_name(text_[end])) ++end;
    } else {
      kind_ = Kind::symbol;
      end = at_ + 1;
      for (const std::string_view two : {"&&", "||", "==", "!=", "<=", ">="}) {
        if (text_.substr(at_, 2) == two) end = at_ + 2;
      }
    }
    token_ = text_.substr(at_, end - at_);
    at_ = end;
    if (kind_ == Kind::name && (token_ == "and" || token_ == "or" || token_ == "not")) {
      kind_ = Kind::symbol;
      token_ = token_ == "and" ? "&&" : token_ == "or" ? "||" : "!";
    }
  }

  bool is_symbol(std::string_view symbol) const {
    return kind_ == Kind::symbol && token_ == symbol;
  }

  // `effect` is how the step changes the height of the stack.
  bool emit(MetaExpression::Step step, int effect) {
    height_ += effect;
    if (height_ >= static_cast<int>(MetaExpression::max_depth) || out_.steps_.size() >= longest) {
      return fail("an expression too large", "split it into several meta rules");
    }
    out_.steps_.push_back(step);
    return true;
  }

  bool choice(int depth) {
    if (!binary(0, depth)) return false;
    if (!is_symbol("?")) return true;
    if (depth > deepest) return fail("an expression nested too deeply", "split it");
    next();
    if (!choice(depth + 1)) return false;
    if (!is_symbol(":")) return fail("'?' without ':'", "write A ? B : C");
    next();
    return choice(depth + 1) && emit({Op::choose}, -2);
  }

  struct Binary {
    std::string_view symbol;
    Op op;
    int level;
  };
  const Binary* binary_operator() const {
    static constexpr Binary table[] = {
        {"||", Op::either, 1},   {"&&", Op::both, 2},       {"==", Op::equal, 3},
        {"!=", Op::unequal, 3},  {"<", Op::less, 4},        {"<=", Op::less_equal, 4},
        {">", Op::more, 4},      {">=", Op::more_equal, 4}, {"+", Op::add, 5},
        {"-", Op::subtract, 5},  {"*", Op::multiply, 6},    {"/", Op::divide, 6},
        {"%", Op::remainder, 6},
    };
    if (kind_ != Kind::symbol) return nullptr;
    for (const Binary& binary : table) {
      if (binary.symbol == token_) return &binary;
    }
    return nullptr;
  }

  bool binary(int level, int depth) {
    if (depth > deepest) return fail("an expression nested too deeply", "split it");
    if (!unary(depth)) return false;
    for (const Binary* found = binary_operator(); found != nullptr && found->level > level;
         found = binary_operator()) {
      next();
      if (!binary(found->level, depth + 1) || !emit({found->op}, -1)) return false;
    }
    return true;
  }

  bool unary(int depth) {
    if (depth > deepest) return fail("an expression nested too deeply", "split it");
    if (is_symbol("!") || is_symbol("-") || is_symbol("+")) {
      const char symbol = token_[0];
      next();
      if (!unary(depth + 1)) return false;
      if (symbol == '+') return true;
      return emit({symbol == '!' ? Op::invert : Op::negate}, 0);
    }
    if (is_symbol("(")) {
      next();
      if (!choice(depth + 1)) return false;
      if (!is_symbol(")")) return fail("no closing ')'", "add it");
      next();
      return true;
    }
    if (kind_ == Kind::number) return number();
    if (kind_ == Kind::name) return name();
    if (kind_ == Kind::end) return fail("the expression ends too early", "a name is missing");
    return fail(fmt::format("unexpected '{}'", token_), missing_operator);
  }

  bool number() {
    double value = 0;
    const auto [end, error] = std::from_chars(token_.data(), token_.data() + token_.size(), value);
    if (error != std::errc() || end != token_.data() + token_.size()) {
      return fail(fmt::format("'{}' is no number", token_), "a rule's name begins with a letter");
    }
    next();
    return emit({Op::number, 0, value}, 1);
  }

  bool name() {
    const auto [place, added] =
        known_.try_emplace(std::string(token_), static_cast<std::uint32_t>(out_.names_.size()));
    if (added) out_.names_.push_back({std::string(token_), token_at_});
    const std::uint32_t index = place->second;
    next();
    if (is_symbol("(")) {
      return fail(fmt::format("function {}() is not available", out_.names_[index].text),
                  "name the rules one by one");
    }
    return emit({Op::name, index}, 1);
  }

  std::string_view text_;
  MetaExpression& out_;
  MetaExpression::Failure& failure_;
  std::size_t at_ = 0;
  std::size_t token_at_ = 0;
  Kind kind_ = Kind::end;
  std::string_view token_;
  int height_ = 0;
  std::unordered_map<std::string, std::uint32_t> known_;
};

bool MetaExpression::parse(std::string_view text, Failure& failure) {
  steps_.clear();
  names_.clear();
  return MetaParser(text, *this, failure).run();
}

}  // namespace postern
