#include "server/upstream_server.h"

namespace postern {

std::string UpstreamServer::name_there(std::string_view user) const {
  const std::size_t at = user.rfind('@');
  const std::string_view domain = at == std::string_view::npos ? "" : user.substr(at + 1);
  std::string name;
  for (std::size_t i = 0; i < login.size(); ++i) {
    const char what = login[i] == '%' && i + 1 < login.size() ? login[++i] : '\0';
    switch (what) {
      case '\0': name += login[i]; break;
      case 'u': name += user; break;
      case 'n': name += user.substr(0, at); break;
      case 'd': name += domain; break;
      default: name += what;
    }
  }
  return name;
}

}  // namespace postern
