#include "classify/base_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "classify/checksum.h"
#include "classify/file_layout.h"

namespace postern {
namespace {

constexpr FileKind base_kind{"PSTRNBAS", 1, 128, "a base model"};
constexpr std::size_t bucket_count = 1u << 16;
constexpr std::size_t buckets_size = (bucket_count + 1) * sizeof(std::uint32_t);
constexpr std::size_t entries_offset = (base_kind.header_size + buckets_size + 63) / 64 * 64;
constexpr std::size_t best_claims = 60;
constexpr double most = 8;

static_assert(sizeof(BaseModel::Entry) == 4);

}  // namespace

std::string BaseModel::serialise(const Scales& scales, std::span<const Feature> features,
                                 std::span<const Entry> entries) {
  std::vector<std::uint32_t> buckets(bucket_count + 1, 0);
  for (const Feature feature : features) ++buckets[(feature >> 16) + 1];
  for (std::size_t i = 1; i <= bucket_count; ++i) buckets[i] += buckets[i - 1];
  FieldWriter tables;
  tables.table(std::span<const std::uint32_t>(buckets));
  tables.pad_to(entries_offset - base_kind.header_size);
  tables.table(entries);

  FieldWriter file;
  begin_header(file, base_kind);
  for (const double value :
       {scales.bias, scales.weight_step, scales.claim_step, scales.claim_scale, scales.shift}) {
    file.put(value);
  }
  file.put(std::uint64_t{entries.size()});
  file.put(model_checksum(tables.bytes()));
  end_header(file, base_kind);
  file.text(tables.bytes());
  return std::move(file.bytes());
}

Result<std::shared_ptr<const BaseModel>> BaseModel::open(const std::string& path) {
  auto file = Blob::open(path);
  if (!file) return file.error();
  return parse(std::move(*file), path);
}

Result<std::shared_ptr<const BaseModel>> BaseModel::parse(Blob file, const std::string& name) {
  const std::string_view bytes = file.view();
  auto checked = check_header(bytes, base_kind, name);
  if (!checked) return checked.error();

  const std::shared_ptr<BaseModel> model(new BaseModel);
  FieldReader in(bytes.substr(fields_offset));
  Scales& scales = model->scales_;
  for (double* value : {&scales.bias, &scales.weight_step, &scales.claim_step, &scales.claim_scale,
                        &scales.shift}) {
    *value = in.take<double>();
  }
  const auto count = in.take<std::uint64_t>();
  const auto sum = in.take<std::uint64_t>();
  if (bytes.size() < entries_offset || (bytes.size() - entries_offset) / sizeof(Entry) != count ||
      (bytes.size() - entries_offset) % sizeof(Entry) != 0) {
    return damaged(name, base_kind, "it is cut short or has a tail; install it again");
  }
  if (model_checksum(bytes.substr(base_kind.header_size)) != sum) {
    return damaged(name, base_kind, "its tables are damaged; install it again");
  }
  model->buckets_ = table_at<std::uint32_t>(bytes, base_kind.header_size, bucket_count + 1);
  model->entries_ = table_at<Entry>(bytes, entries_offset, count);
  // Whoever made the file made the checksum too, so the bounds are checked all the same.
  if (model->buckets_.back() != count ||
      !std::is_sorted(model->buckets_.begin(), model->buckets_.end())) {
    return damaged(name, base_kind, "its index is inconsistent; install it again");
  }
  model->id_ = sum;
  model->file_ = std::move(file);
  return std::shared_ptr<const BaseModel>(model);
}

const BaseModel::Entry* BaseModel::find(Feature feature) const {
  const std::size_t bucket = feature >> 16;
  const auto low = static_cast<std::uint16_t>(feature);
  for (std::size_t i = buckets_[bucket]; i < buckets_[bucket + 1]; ++i) {
    if (entries_[i].low == low) return &entries_[i];
  }
  return nullptr;
}

std::vector<std::pair<Feature, double>> BaseModel::parts(const FeatureView& features) const {
  if (features.base.empty()) return {};
  std::vector<std::pair<Feature, double>> found;
  std::vector<std::pair<Feature, int>> claims;
  for (const auto part : {features.base, features.base_wide}) {
    for (const Feature feature : part) {
      const Entry* entry = find(feature);
      if (entry == nullptr) continue;
      if (entry->weight != 0) found.emplace_back(feature, entry->weight * scales_.weight_step);
      const bool narrow = part.data() == features.base.data();
      if (narrow && entry->claim != 0) claims.emplace_back(feature, entry->claim);
    }
  }
  const std::size_t kept = std::min(best_claims, claims.size());
  std::partial_sort(
      claims.begin(), claims.begin() + static_cast<std::ptrdiff_t>(kept), claims.end(),
      [](const auto& a, const auto& b) { return std::abs(a.second) > std::abs(b.second); });
  const double unit =
      kept == 0 ? 0
                : scales_.claim_step * scales_.claim_scale / std::sqrt(static_cast<double>(kept));
  for (std::size_t i = 0; i < kept; ++i)
    found.emplace_back(claims[i].first, claims[i].second * unit);
  return found;
}

namespace {

// The strongest of claims that are small numbers: counting beats selecting. Where the last of them
// are equally strong, each counts in part, so their order does not matter.
class StrongestClaims {
 public:
  void add(int claim) {
    ++(claim > 0 ? for_spam_ : for_ham_)[static_cast<std::size_t>(std::abs(claim))];
  }
  // Their sum, divided by the square root of their number; 0 when there is none.
  double score() const {
    double sum = 0;
    std::size_t left = best_claims;
    for (std::size_t strength = 128; strength > 0 && left > 0; --strength) {
      const std::size_t found = for_spam_[strength] + for_ham_[strength];
      if (found == 0) continue;
      const std::size_t taken = std::min(found, left);
      const double balance = static_cast<double>(for_spam_[strength]) - for_ham_[strength];
      sum += static_cast<double>(strength * taken) * balance / static_cast<double>(found);
      left -= taken;
    }
    return left == best_claims ? 0 : sum / std::sqrt(static_cast<double>(best_claims - left));
  }

 private:
  std::array<std::uint16_t, 129> for_spam_{}, for_ham_{};
};

}  // namespace

template <class Visit>
void BaseModel::find_all(std::span<const Feature> features, Visit visit) const {
  // Two cache misses a feature, each asked for well before its turn: the bucket, then its entries.
  constexpr std::size_t far = 24, near = 12;
  const std::size_t count = features.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (i + far < count) __builtin_prefetch(&buckets_[features[i + far] >> 16]);
    if (i + near < count) __builtin_prefetch(&entries_.data()[buckets_[features[i + near] >> 16]]);
    if (const Entry* entry = find(features[i])) visit(*entry);
  }
}

double BaseModel::log_odds(const FeatureView& features) const {
  if (features.base.empty()) return 0;
  int weights = 0;
  StrongestClaims claims;
  find_all(features.base, [&](const Entry& entry) {
    weights += entry.weight;
    if (entry.claim != 0) claims.add(entry.claim);
  });
  find_all(features.base_wide, [&](const Entry& entry) { weights += entry.weight; });
  const double regression = scales_.bias + weights * scales_.weight_step;
  const double bayes = claims.score() * scales_.claim_step * scales_.claim_scale;
  const double odds = regression + bayes - scales_.shift;
  return odds > most ? most : odds > -most ? odds : -most;
}

}  // namespace postern
