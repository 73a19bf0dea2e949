#include "mail/address.h"

#include <algorithm>
#include <string>

#include "mail/char_set.h"
#include "mail/charset.h"
#include "mail/encoded_word.h"

namespace postern {
namespace {

constexpr std::size_t most_addresses = 1000;
constexpr CharSet word_ends("\"(<,;: \t\r\n");

class AddressReader {
 public:
  AddressReader(std::string_view value, Arena& arena, std::vector<Address>& addresses,
                Defects& defects)
      : in_(value), arena_(arena), addresses_(addresses), defects_(defects) {}

  void run() {
    while (at_ < in_.size()) {
      const char c = in_[at_];
      switch (c) {
        case '"': read_quoted(); break;
        case '(': read_comment(); break;
        case '<': read_angle(); break;
        case ',':
        case ';':
          ++at_;
          end_address();
          break;
        case ':':
          // The name of a group, which nobody needs.
          ++at_;
          start_over();
          break;
        default: read_word(); break;
      }
    }
    end_address();
  }

 private:
  void read_word() {
    const std::size_t end = word_ends.find(in_, at_ + 1);
    const std::string_view word = trimmed(in_.substr(at_, end - at_));
    at_ = end;
    if (word.empty()) return;
    if (!has_angle_ && word.find('@') != std::string_view::npos) {
      bare_ = word;
    } else {
      append_to_name(word);
    }
  }

  void append_to_name(std::string_view piece) {
    if (!name_.empty()) name_.push_back(' ');
    name_.append(piece);
  }

  void read_quoted() {
    std::size_t end = at_ + 1;
    if (!no_more_quotes_) {
      while (end < in_.size() && in_[end] != '"') end += in_[end] == '\\' ? 2 : 1;
    }
    if (no_more_quotes_ || end >= in_.size()) {
      // Remembered, so that the end is looked for once.
      no_more_quotes_ = true;
      ++at_;
      return;
    }
    const std::string_view inside = in_.substr(at_ + 1, end - at_ - 1);
    const bool local_part = end + 1 < in_.size() && in_[end + 1] == '@';
    const std::size_t start = at_;
    at_ = end + 1;
    if (local_part && !has_angle_) {
      const std::size_t word_end = std::min(in_.find_first_of("(<,; \t", at_), in_.size());
      bare_ = in_.substr(start, word_end - start);
      at_ = word_end;
      return;
    }
    if (!name_.empty()) name_.push_back(' ');
    for (std::size_t i = 0; i < inside.size(); ++i) {
      if (inside[i] == '\\' && i + 1 < inside.size()) ++i;
      name_.push_back(inside[i]);
    }
  }

  // Comments nest; a counter, so that depth costs nothing.
  void read_comment() {
    const std::size_t start = at_ + 1;
    std::size_t depth = 0;
    std::size_t end = in_.size();
    for (; at_ < in_.size(); ++at_) {
      if (in_[at_] == '\\') {
        ++at_;
      } else if (in_[at_] == '(') {
        ++depth;
      } else if (in_[at_] == ')' && --depth == 0) {
        end = at_++;
        break;
      }
    }
    at_ = std::min(at_, in_.size());
    if (comment_.empty()) comment_ = in_.substr(start, end - start);
  }

  void read_angle() {
    const std::size_t end = std::min(in_.find_first_of("<>", at_ + 1), in_.size());
    std::string_view mailbox = trimmed(in_.substr(at_ + 1, end - at_ - 1));
    at_ = end < in_.size() && in_[end] == '>' ? end + 1 : end;
    // RFC 5322 section 4.4: an obsolete route ends with ":".
    if (mailbox.starts_with("@"))
      mailbox.remove_prefix(std::min(mailbox.find(':'), mailbox.size() - 1) + 1);
    if (has_angle_ && mailbox.empty()) return;
    // A bare address before the brackets is part of what a reader sees as the name.
    if (!has_angle_ && !bare_.empty()) append_to_name(bare_);
    has_angle_ = true;
    angle_ = mailbox;
  }

  void end_address() {
    const std::string_view mailbox = has_angle_ ? angle_ : bare_;
    if (name_.empty() && !comment_.empty()) name_ = comment_;
    if (!mailbox.empty() || !name_.empty()) add(mailbox);
    start_over();
  }

  void add(std::string_view mailbox) {
    if (addresses_.size() >= most_addresses) {
      defects_.add(Defect::truncated);
      return;
    }
    Address address;
    // The name may come out of our own buffer, so it is stored either way.
    address.name = decode_encoded_words(arena_.store(trimmed(name_)), arena_, defects_);
    address.mailbox = guessed_utf8(mailbox, arena_);
    const std::size_t at = address.mailbox.rfind('@');
    if (at != std::string_view::npos) {
      address.domain = arena_.lowered(trimmed(address.mailbox.substr(at + 1)));
    }
    addresses_.push_back(address);
  }

  void start_over() {
    name_.clear();
    bare_ = angle_ = comment_ = {};
    has_angle_ = false;
  }

  std::string_view in_;
  Arena& arena_;
  std::vector<Address>& addresses_;
  Defects& defects_;

  std::size_t at_ = 0;
  std::string name_;
  std::string_view bare_;   // a word with "@" outside of angle brackets
  std::string_view angle_;  // what stands in angle brackets
  std::string_view comment_;
  bool has_angle_ = false;
  bool no_more_quotes_ = false;
};

}  // namespace

void append_addresses(std::string_view value, Arena& arena, std::vector<Address>& addresses,
                      Defects& defects) {
  AddressReader(value, arena, addresses, defects).run();
}

}  // namespace postern
