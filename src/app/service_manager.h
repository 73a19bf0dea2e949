// What posternd has to do with the machine that runs it: sockets and messages of systemd, and
// giving up root.
//
// Thread rule: before any thread is started, but for notify().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "server/pop3_server.h"

namespace postern {

// Binds what the configuration says. But when systemd hands over sockets (sd_listen_fds(3)), those
// are served instead: the FileDescriptorName= of each says how, pop3 or pop3s.
Result<std::vector<Pop3Address>> open_addresses(const Config& config);

// Tells systemd (sd_notify(3)), when it listens: "READY=1", "STOPPING=1".
void notify_service_manager(std::string_view state);

// As many open files as the machine allows this process: a connection is one, and the usual soft
// limit of 1,024 is for programs that still use select(2).
void raise_file_limit();

// No core dump of this process is ever written, and no other process of the same user can read its
// memory: passwords are in it.
void hide_memory();

// Gives up root for good, for a user and the user's groups, who from now on owns `state`, which is
// made when missing. Errc::configuration when there is no such user, or when we are not root.
Result<void> become_user(const std::string& name, const std::string& state);

}  // namespace postern
