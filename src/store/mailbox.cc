#include "store/mailbox.h"

#include "base/file.h"

namespace postern {

Result<void> check_is_mounted(const std::string& folder, const std::string& path,
                              MessageIndex& index) {
  const auto names = list_directory(folder);
  if (!names) return names.error();
  if (!names->empty()) return {};
  const auto known = index.load();
  if (!known) return known.error();
  if (known->empty()) return {};
  return Error(Errc::unavailable, "there were messages in '" + path + "', and now the folder '" +
                                      folder + "' is empty; check that its disk is mounted");
}

}  // namespace postern
