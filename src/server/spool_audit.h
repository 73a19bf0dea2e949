// Proof that no message of an account was lost: every one that was ever fetched is in exactly one
// state, and its file is there, whole, as long as that state needs it.
//
// Thread rule: free function, safe from any thread; blocking. While the account is polled or read
// the picture is of one moment, and a file may come or go under it: what looks wrong is looked at
// twice.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "state/state_store.h"

namespace postern {

struct SpoolAudit {
  std::array<std::uint64_t, 7> counts{};  // by SpoolState
  std::uint64_t seen = 0;                 // messages ever fetched, counted apart from the rows
  std::uint64_t rows = 0;
  std::uint64_t octets = 0;                   // of the files
  std::uint64_t leftovers = 0;                // files that no row needs; no contradiction
  std::uint64_t waiting = 0;                  // at the provider, and could not be fetched
  std::vector<std::string> contradictions{};  // a sentence each
};

Result<SpoolAudit> audit_spool(StateStore& store, const StoredAccount& account,
                               const std::string& folder);

}  // namespace postern
