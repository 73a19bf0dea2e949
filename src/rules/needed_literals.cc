#include "rules/needed_literals.h"

#include <re2/filtered_re2.h>

#include <algorithm>

namespace postern {

namespace {

constexpr int shortest_literal = 2;
// Of more strings than this the clause is all of them: finding which can be spared takes a time
// that grows with their square.
constexpr std::size_t most_weighed = 300;

class Expression {
 public:
  Expression(const std::string& pattern, const re2::RE2::Options& options)
      : filter_(shortest_literal) {
    int id = 0;
    filter_.Add(pattern, options, &id);
    filter_.Compile(&atoms_);
    absent_.assign(atoms_.size(), false);
  }

  const std::vector<std::string>& atoms() const { return atoms_; }
  void remove(std::size_t atom) { absent_[atom] = true; }
  void put_back(std::size_t atom) { absent_[atom] = false; }

  // Whether it could match a text that holds all strings that were not removed.
  bool can_match() const {
    std::vector<int> present, potentials;
    for (std::size_t i = 0; i < atoms_.size(); ++i) {
      if (!absent_[i]) present.push_back(static_cast<int>(i));
    }
    filter_.AllPotentials(present, &potentials);
    return !potentials.empty();
  }

 private:
  re2::FilteredRE2 filter_;
  std::vector<std::string> atoms_;
  std::vector<bool> absent_;
};

// Whether the scanner, which folds no letters but ASCII's, finds all that RE2 would take for it:
// octets where each is a character, or kana, ideographs and Hangul (U+3000 to U+9FFF, U+B000 to
// U+D7FF), which have no case and begin with these octets.
bool can_be_scanned_for(const std::string& atom, bool octets) {
  if (octets) return true;
  return std::all_of(atom.begin(), atom.end(), [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet < 0xc0 || (octet >= 0xe3 && octet <= 0xed && octet != 0xea);
  });
}

// The clause out of `atoms`, all of which are removed and together keep the expression from
// matching: those that can be put back are, the shortest first.
LiteralClause smallest_clause(Expression& expression, std::vector<std::size_t>& atoms) {
  LiteralClause clause;
  if (atoms.size() <= most_weighed) {
    std::vector<std::size_t> needed;
    for (const std::size_t atom : atoms) {
      expression.put_back(atom);
      if (!expression.can_match()) continue;
      expression.remove(atom);
      needed.push_back(atom);
    }
    atoms = needed;
  }
  for (const std::size_t atom : atoms) clause.push_back(expression.atoms()[atom]);
  return clause;
}

}  // namespace

std::vector<LiteralClause> needed_literals(const std::string& pattern,
                                           const re2::RE2::Options& options) {
  Expression expression(pattern, options);
  const std::vector<std::string>& atoms = expression.atoms();
  const bool octets = options.encoding() == re2::RE2::Options::EncodingLatin1;
  std::vector<std::size_t> unused;
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    if (can_be_scanned_for(atoms[i], octets)) unused.push_back(i);
  }
  std::stable_sort(unused.begin(), unused.end(), [&atoms](std::size_t a, std::size_t b) {
    return atoms[a].size() < atoms[b].size();
  });
  std::vector<LiteralClause> clauses;
  while (!unused.empty() && clauses.size() < most_clauses) {
    for (const std::size_t atom : unused) expression.remove(atom);
    if (expression.can_match()) break;
    std::vector<std::size_t> used = unused;
    clauses.push_back(smallest_clause(expression, used));
    for (const std::size_t atom : used) {
      expression.put_back(atom);
      unused.erase(std::find(unused.begin(), unused.end(), atom));
    }
  }
  return clauses;
}

}  // namespace postern
