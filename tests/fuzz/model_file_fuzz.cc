// Model files of any octets open or fail, and what opens can be asked and trained.
#include <cstdint>
#include <cstring>
#include <string>

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string file(reinterpret_cast<const char*>(data), size);
  try_personal(file, Verify::everything);
  try_personal(with_header_sum(file, 512), Verify::header);
  try_base(file);
  try_base(with_header_sum(file, 128));
  return 0;
}
