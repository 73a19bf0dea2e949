#include "filter/learner.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/crypto.h"
#include "classify/classifier.h"
#include "classify/condense.h"
#include "classify/model.h"
#include "classify/tokenizer.h"
#include "classify/trainer.h"
#include "filter/labeler.h"
#include "mail/content.h"

namespace postern {
namespace {

// What mail readers and mailbox formats write into a message that is still the same message.
constexpr std::array<std::string_view, 11> mailbox_fields{
    "Status", "X-Status",       "X-UID",      "X-UIDL", "X-Keywords",     "X-Mozilla-Status",
    "X-IMAP", "X-Mozilla-Keys", "X-IMAPbase", "Lines",  "Content-Length",
};

bool is_mailbox_field(std::string_view line) {
  if (line.substr(0, 5) == "From " || line.substr(0, 6) == ">From ") return true;
  const std::string_view name = trimmed(line.substr(0, line.find(':')));
  return starts_with_ignoring_case(name, "X-Mozilla-") ||
         std::any_of(mailbox_fields.begin(), mailbox_fields.end(),
                     [&](std::string_view field) { return equals_ignoring_case(name, field); });
}

}  // namespace

std::string lesson_digest(const Blob& message) {
  const Blob original = Labeler::strip(message);
  Sha256 digest;
  bool in_header = true;
  bool skipping = false;
  std::string_view rest = original.view();
  while (!rest.empty()) {
    const std::size_t newline = rest.find('\n');
    std::string_view line = rest.substr(0, newline);
    rest.remove_prefix(newline == std::string_view::npos ? rest.size() : newline + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) in_header = false;
    const bool folded = !line.empty() && (line.front() == ' ' || line.front() == '\t');
    if (in_header && !folded) skipping = is_mailbox_field(line);
    if (in_header && skipping) continue;
    digest.update(line);
    digest.update("\n");
  }
  return to_hex(digest.finish());
}

Blob lesson_content(const Blob& message) { return condense(Labeler::strip(message)); }

struct Learner::Impl {
  Trainer trainer;
  FoldPosition position;
  FeatureSet features;
};

Learner::Learner(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Learner::Learner(Learner&&) noexcept = default;
Learner& Learner::operator=(Learner&&) noexcept = default;
Learner::~Learner() = default;

Learner Learner::empty(Background background, std::uint64_t lessons, std::uint64_t revocations) {
  return Learner(std::unique_ptr<Impl>(
      new Impl{Trainer(lessons, std::move(background)), {0, revocations}, {}}));
}

std::optional<Learner> Learner::open(const std::string& model_path, Background background,
                                     std::uint64_t revocations) {
  const auto model = Model::open(model_path);
  if (!model) return std::nullopt;
  const ModelBasis basis = (*model)->basis();
  const std::uint64_t background_id = background.id();
  if (basis.revocations != revocations || (*model)->base_id() != background_id) return std::nullopt;
  return Learner(std::unique_ptr<Impl>(
      new Impl{Trainer(**model, std::move(background)), {basis.last_number, revocations}, {}}));
}

bool Learner::outgrown() const { return impl_->trainer.outgrown(); }

FoldPosition Learner::position() const { return impl_->position; }

std::uint64_t Learner::lessons() const { return impl_->trainer.lessons(); }

Learner::Effect Learner::learn(const Blob& content, MailClass taught) {
  tokenize(Content::decode(content), impl_->features);
  const Trainer::Effect effect = impl_->trainer.learn(impl_->features, taught);
  return {effect.log_odds, effect.doubtful};
}

double Learner::log_odds(const Blob& content) {
  tokenize(Content::decode(content), impl_->features);
  return assess(impl_->trainer.layer(), impl_->trainer.background(), impl_->features).log_odds;
}

FeatureView Learner::last_features() const { return impl_->features; }

double Learner::doubt() const { return impl_->trainer.layer().state->doubt; }

void Learner::reached(FoldPosition position) { impl_->position = position; }

Result<void> Learner::save(const std::string& model_path) const {
  return impl_->trainer.save(model_path,
                             {impl_->position.last_number, impl_->position.revocations});
}

}  // namespace postern
