// MetaExpression: the arithmetic of `meta` rules and of `if` conditions.
//
// Grammar, loosest first: ?:  || or  && and  == !=  < <= > >=  + -  * / %  ! not, unary + and -,
// numbers, names, parentheses. A name stands for how often that rule hit. Division by zero is 0.
//
// Evaluation is linear in the expression and uses no memory of its own worth naming.
// Thread rule: const after parse().
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

class MetaExpression {
 public:
  struct Failure {
    std::size_t at = 0;  // offset in the text
    std::string what;
    std::string advice;
  };

  // True and a usable expression, or false and `failure`.
  bool parse(std::string_view text, Failure& failure);

  // The names that occur, each once, in order of appearance; with the offset of the first.
  struct Name {
    std::string text;
    std::size_t at = 0;
  };
  const std::vector<Name>& names() const { return names_; }

  // `value_of(i)` gives the value of names()[i].
  template <class ValueOf>
  double evaluate(ValueOf&& value_of) const {
    Stack stack;
    for (const Step& step : steps_) {
      if (step.op == Op::name) {
        stack.push(static_cast<double>(value_of(step.name)));
      } else {
        apply(step, stack);
      }
    }
    return stack.top();
  }

 private:
  enum class Op : std::uint8_t {
    number,
    name,
    choose,
    either,
    both,
    equal,
    unequal,
    less,
    less_equal,
    more,
    more_equal,
    add,
    subtract,
    multiply,
    divide,
    remainder,
    negate,
    invert,
  };
  struct Step {
    Op op;
    std::uint32_t name = 0;
    double number = 0;
  };
  // The deepest stack is known from parsing, and bounded.
  static constexpr std::size_t max_depth = 64;
  struct Stack {
    double values[max_depth];
    std::size_t size = 0;
    void push(double value) { values[size++] = value; }
    double pop() { return values[--size]; }
    double top() const { return values[size - 1]; }
  };
  static void apply(const Step& step, Stack& stack);
  friend class MetaParser;

  std::vector<Step> steps_;  // postfix
  std::vector<Name> names_;
};

}  // namespace postern
