#include "server/upstream_probe.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>

#include "server/upstream_session.h"

namespace postern {
namespace {

namespace asio = boost::asio;

asio::awaitable<Result<UpstreamProbe>> look(const UpstreamServer& server,
                                            const UpstreamSession::Surroundings& surroundings,
                                            SaslCredentials credentials) {
  Result<std::unique_ptr<UpstreamSession>> opened =
      co_await UpstreamSession::open(server, surroundings, std::move(credentials));
  if (!opened) co_return opened.error();
  UpstreamSession& session = **opened;
  UpstreamProbe seen;
  seen.messages = session.entries().size();
  for (const Entry& entry : session.entries()) seen.octets += entry.size;
  seen.login_method = session.client().login_method();
  seen.tls = session.client().tls();
  seen.uidl = session.client().capabilities().uidl;
  (void)co_await session.finish({});
  co_return seen;
}

}  // namespace

Result<UpstreamProbe> probe_upstream(const UpstreamServer& server, SaslCredentials credentials,
                                     const Dialer::Setting& dialling) {
  asio::io_context context(1);
  WorkerPool workers(1);
  Dialer dialer(dialling);
  const UpstreamSession::Surroundings surroundings{dialer, workers, {}, {}};
  Result<UpstreamProbe> seen = Error(Errc::internal, "the session with " + server.host + " failed");
  asio::co_spawn(context, look(server, surroundings, std::move(credentials)),
                 [&](const std::exception_ptr& failure, Result<UpstreamProbe> result) {
                   if (!failure) seen = std::move(result);
                 });
  context.run();
  workers.join();
  return seen;
}

}  // namespace postern
