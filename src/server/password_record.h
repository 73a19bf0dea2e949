// What is kept of a new password.
//
// Thread rule: free functions, safe from any thread. Making a record costs tens of milliseconds.
#pragma once

#include <string>

#include "state/state_store.h"

namespace postern {

struct NewPassword {
  std::string user;    // by saslprep()
  std::string device;  // empty: the main password
  std::string text;    // as it was typed
  // Nobody can guess it, so that a fast hash keeps it as well as a slow one.
  bool random = false;
  std::string secret_key;  // seals the password, so that it can be recovered; empty: it cannot
  // Those of the user's main password, whose salts all the user's passwords share (see
  // ScramCandidates). A device's password gets no SCRAM keys where the main one has none.
  PasswordKeys siblings;
};

struct PasswordRecord {
  std::string hash;
  PasswordKeys keys;
};

// Errc::bad_data for a password that cannot be kept (a NUL in it).
Result<PasswordRecord> make_password_record(const NewPassword& password);

// "abcd-efgh-jkmn-pqrs-tuvw": 100 random bits in letters and digits that are not mistaken for each
// other.
std::string random_app_password();

}  // namespace postern
