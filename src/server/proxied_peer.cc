#include "server/proxied_peer.h"

#include <array>

#include "proto/proxy_header.h"

namespace postern {

namespace asio = boost::asio;

asio::awaitable<Result<ProxiedPeer>> read_proxy_header(Stream& stream) {
  ProxyHeader header;
  std::array<char, 256> buffer;
  while (header.wanted() > 0) {
    const std::span<char> room(buffer.data(), std::min(buffer.size(), header.wanted()));
    const Result<std::size_t> count = co_await stream.read_some(room);
    if (!count) co_return count.error();
    if (*count == 0) co_return Error(Errc::bad_data, "the connection ended in its PROXY header");
    const Result<void> taken = header.feed({buffer.data(), *count});
    if (!taken) co_return taken.error();
  }
  if (const auto& source = header.source()) {
    boost::system::error_code code;
    const auto address = asio::ip::make_address(source->address, code);
    if (!code) stream.set_peer(address, source->port);
  }
  co_return ProxiedPeer{header.client_used_tls()};
}

}  // namespace postern
