// Model files of any octets open or fail, and what opens can be asked and trained.
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "classify/base_model.h"
#include "classify/checksum.h"
#include "classify/classifier.h"
#include "classify/trainer.h"

namespace {

using namespace postern;

constexpr Feature features[] = {0, 1, 0x00010002, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
constexpr FeatureView view{
    {features, features}, {features, features, features, features}, features, features};

void try_personal(const std::string& file, Verify verify) {
  const auto model = Model::parse(Blob::copy(file), "fuzz", verify);
  if (!model) return;
  (void)Classifier(nullptr, *model).assess(view);
  Trainer trainer(**model);
  trainer.learn(view, MailClass::spam);
  (void)trainer.serialise({});
}

void try_base(const std::string& file) {
  const auto base = BaseModel::parse(Blob::copy(file), "fuzz");
  if (base) (void)(*base)->log_odds(view);
}

// The checksum of the header put right, so that the fuzzer gets behind it.
std::string with_header_sum(std::string file, std::size_t header_size) {
  if (file.size() < header_size) return file;
  const std::uint64_t sum =
      model_checksum(std::string_view(file).substr(0, header_size - sizeof(std::uint64_t)));
  std::memcpy(file.data() + header_size - sizeof(sum), &sum, sizeof(sum));
  return file;
}

constexpr std::size_t personal_header = 1024, base_header = 128;  // octets

// A base model is 256 KiB at least, more than a fuzzer makes by itself: scales and first buckets
// are of the input, everything that must agree for the tables to be believed is put right.
std::string as_base_model(std::string_view input) {
  BaseModel::Scales scales;
  scales.bias = static_cast<double>(input.size());
  std::vector<Feature> listed;
  std::vector<BaseModel::Entry> entries;
  for (std::size_t at = 0; at + 4 <= input.size(); at += 4) {
    const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(input[at + i]); };
    const auto low = static_cast<std::uint16_t>(octet(0) | octet(1) << 8);
    listed.push_back(low);  // all in the first bucket
    entries.push_back(
        {low, static_cast<std::int8_t>(octet(2)), static_cast<std::int8_t>(octet(3))});
  }
  std::string file = BaseModel::serialise(scales, listed, entries);
  // A bucket of the input's choice, so that the order of the index is tried too.
  if (input.size() >= 8) {
    std::memcpy(file.data() + base_header + 4 * (input.size() % 65'537), input.data(), 4);
    const std::uint64_t sum = model_checksum(std::string_view(file).substr(base_header));
    std::memcpy(file.data() + 72, &sum, sizeof(sum));
  }
  return with_header_sum(std::move(file), base_header);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string file(reinterpret_cast<const char*>(data), size);
  try_personal(file, Verify::everything);
  try_personal(with_header_sum(file, personal_header), Verify::header);
  try_base(file);
  try_base(as_base_model(file));
  return 0;
}
