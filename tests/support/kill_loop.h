// Runs work in child processes that are killed at random moments (kill -9), to show that what was
// acknowledged survives.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>

namespace postern {

// What a child says to its parent: octets that outlive it.
class Acknowledgements {
 public:
  explicit Acknowledgements(int descriptor) : descriptor_(descriptor) {}
  // One write(2) of less than PIPE_BUF octets, so that it arrives whole or not at all.
  void say(const std::string& line) const {
    const std::string whole = line + "\n";
    if (::write(descriptor_, whole.data(), whole.size()) < 0) ::_exit(3);
  }

 private:
  int descriptor_;
};

enum class KillFrom { start, first_acknowledgement };

// Forks; the child runs `work` until it returns or is killed, `patience` after its start or after
// it first acknowledged something (so that slow machines get that far, too). Gives all that the
// child acknowledged. Throws when the child ended otherwise than by itself with success or by our
// kill.
inline std::string run_and_kill(KillFrom from, std::chrono::microseconds patience,
                                const std::function<void(const Acknowledgements&)>& work) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("pipe failed");
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) {
    ::close(ends[0]);
    work(Acknowledgements(ends[1]));
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string said;
  char buffer[4096];
  if (from == KillFrom::first_acknowledgement && ::read(ends[0], buffer, 1) == 1) said = buffer[0];
  std::this_thread::sleep_for(patience);
  ::kill(child, SIGKILL);
  for (ssize_t count; (count = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    said.append(buffer, static_cast<std::size_t>(count));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  if (!killed && !(WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
    throw std::runtime_error("the child failed with status " + std::to_string(status));
  }
  return said;
}

// Moments for a number of rounds: the same for the same seed, from 0.2 to 20 milliseconds.
class RandomMoments {
 public:
  explicit RandomMoments(std::uint32_t seed) : random_(seed) {}
  std::chrono::microseconds next() {
    return std::chrono::microseconds(std::uniform_int_distribution<int>(200, 20'000)(random_));
  }

 private:
  std::mt19937 random_;
};

}  // namespace postern
