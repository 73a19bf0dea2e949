#include "rules/needed_literals.h"

#include <re2/filtered_re2.h>

#include <algorithm>
#include <string_view>

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

// The character at text[at], which is valid UTF-8, as RE2's literals are.
char32_t character_at(std::string_view text, std::size_t at) {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  if (octet(0) < 0x80) return octet(0);
  const std::size_t length = octet(0) < 0xe0 ? 2 : octet(0) < 0xf0 ? 3 : 4;
  if (at + length > text.size()) return 0;
  char32_t rune = octet(0) & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) rune = rune << 6 | (octet(i) & 0x3fu);
  return rune;
}

// Ranges of characters beyond ASCII that have no case, from Unicode's CaseFolding.txt: signs
// without the micro sign, punctuation, kana and ideographs, Hangul, the mark of byte order.
bool has_no_case(char32_t rune) {
  return (rune >= 0x80 && rune < 0xc0 && rune != 0xb5) || (rune >= 0x2000 && rune < 0x2070) ||
         (rune >= 0x2e80 && rune < 0xa640) || (rune >= 0xac00 && rune < 0xd800) || rune == 0xfeff;
}

// Whether the scanner, which folds no letters but ASCII's, finds all that RE2 would take for it.
bool can_be_scanned_for(std::string_view atom, bool octets) {
  if (octets) return true;
  for (std::size_t at = 0; at < atom.size(); ++at) {
    if ((static_cast<unsigned char>(atom[at]) & 0xc0) == 0x80) continue;  // within a character
    const char32_t rune = character_at(atom, at);
    if (rune >= 0x80 && !has_no_case(rune)) return false;
  }
  return true;
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
