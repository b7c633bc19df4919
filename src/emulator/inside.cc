// SPDX-License-Identifier: Apache-2.0
#include "emulator/inside.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/check.h"

extern char** environ;

namespace assay {
namespace {

constexpr const char* kSecurityFs = "/sys/kernel/security";
constexpr const char* kLogDirectory = "/sys/kernel/security/tpm0";
constexpr const char* kLog = "/sys/kernel/security/tpm0/binary_bios_measurements";

// The nodes of /dev that ordinary programs want, each bound over from the real one.
constexpr std::array kNodes = {"/dev/null",   "/dev/zero",    "/dev/full",
                               "/dev/random", "/dev/urandom", "/dev/tty"};

constexpr std::array kForwarded = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

/// Where the child failed.  The parent makes a sentence of it: between fork and exec of a process
/// with threads only system calls are safe.
enum class Step : int {
  namespaces,
  user_map,
  private_mounts,
  dev,
  nodes,
  tpm,
  security,
  log,
  execute
};
struct Failure {
  Step step;
  int error;
};

/// Everything the child needs, made before the fork.
struct Prepared {
  std::vector<char*> argv, envp;
  std::vector<std::string> environment;
  std::string uid_map, gid_map;
  const char* socket = nullptr;
  Bytes log;
  sigset_t program_mask{};  ///< what a shell would give it
  bool root = false;
};

[[noreturn]] void give_up(int report, Step step) {
  const Failure failure{step, errno};
  static_cast<void>(!::write(report, &failure, sizeof failure));
  ::_exit(127);
}

bool write_file_raw(const char* path, const void* data, std::size_t size, int flags) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC | flags, 0444);
  if (fd < 0) return false;
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t n = ::write(fd, at, size);
    if (n < 0) {
      const int error = errno;
      ::close(fd);
      errno = error;
      return false;
    }
    at += n;
    size -= static_cast<std::size_t>(n);
  }
  return ::close(fd) == 0;
}

/// user_namespaces(7): an unprivileged process may map itself alone, and must give up setgroups.
bool become_root_of_own(const Prepared& p) {
  constexpr std::string_view kDeny = "deny";
  return write_file_raw("/proc/self/setgroups", kDeny.data(), kDeny.size(), 0) &&
         write_file_raw("/proc/self/uid_map", p.uid_map.data(), p.uid_map.size(), 0) &&
         write_file_raw("/proc/self/gid_map", p.gid_map.data(), p.gid_map.size(), 0);
}

/// "/proc/self/fd/N", by which a mount finds what has been covered since it was opened.
struct DescriptorPath {
  explicit DescriptorPath(int fd) {
    constexpr std::string_view kPrefix = "/proc/self/fd/";
    char* at = std::copy(kPrefix.begin(), kPrefix.end(), text.data());
    std::array<char, 12> digits{};
    std::size_t n = 0;
    do {
      digits[n++] = static_cast<char>('0' + fd % 10);
      fd /= 10;
    } while (fd != 0);
    while (n > 0) *at++ = digits[--n];
    *at = '\0';
  }
  std::array<char, 40> text{};
};

bool bind(int from, const char* to, unsigned long recursive) {
  const DescriptorPath source(from);
  const bool bound = ::mount(source.text.data(), to, nullptr, MS_BIND | recursive, nullptr) == 0;
  const int error = errno;
  ::close(from);
  errno = error;
  return bound;
}

/// A new /dev with what ordinary programs want of the old one.
bool make_dev() {
  std::array<int, kNodes.size()> nodes{};
  for (std::size_t i = 0; i < kNodes.size(); ++i) nodes[i] = ::open(kNodes[i], O_PATH | O_CLOEXEC);
  const int pts = ::open("/dev/pts", O_PATH | O_DIRECTORY | O_CLOEXEC);
  const int shm = ::open("/dev/shm", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (::mount("tmpfs", "/dev", "tmpfs", MS_NOSUID, "mode=0755") != 0) return false;
  for (std::size_t i = 0; i < kNodes.size(); ++i) {
    if (nodes[i] < 0) continue;  // a container may lack some
    const int file = ::open(kNodes[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) return false;
    ::close(file);
    if (!bind(nodes[i], kNodes[i], 0)) return false;
  }
  if (pts >= 0) {
    if (::mkdir("/dev/pts", 0755) != 0 || !bind(pts, "/dev/pts", MS_REC)) return false;
    if (::symlink("pts/ptmx", "/dev/ptmx") != 0) return false;
  }
  if (::mkdir("/dev/shm", 01777) != 0 || ::chmod("/dev/shm", 01777) != 0) return false;
  // The old one: the VM's own files and the program's may be below it.
  if (shm >= 0 && !bind(shm, "/dev/shm", MS_REC)) return false;
  return ::symlink("/proc/self/fd", "/dev/fd") == 0 &&
         ::symlink("/proc/self/fd/0", "/dev/stdin") == 0 &&
         ::symlink("/proc/self/fd/1", "/dev/stdout") == 0 &&
         ::symlink("/proc/self/fd/2", "/dev/stderr") == 0;
}

[[noreturn]] void live_inside(const Prepared& p, int report) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  // Root of a container may be without CAP_SYS_ADMIN; then it is as anybody.
  const bool as_root = p.root && ::unshare(CLONE_NEWNS) == 0;
  if (!as_root && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) give_up(report, Step::namespaces);
  if (!as_root && !become_root_of_own(p)) give_up(report, Step::user_map);
  // Nothing of what follows must be seen outside.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    give_up(report, Step::private_mounts);
  if (!make_dev()) give_up(report, Step::dev);
  if (::symlink(p.socket, "/dev/tpmrm0") != 0) give_up(report, Step::tpm);
  if (::mount("tmpfs", kSecurityFs, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") != 0)
    give_up(report, Step::security);
  if (::mkdir(kLogDirectory, 0755) != 0 ||
      !write_file_raw(kLog, p.log.data(), p.log.size(), O_CREAT | O_EXCL)) {
    give_up(report, Step::log);
  }
  (void)std::signal(SIGPIPE, SIG_DFL);
  ::pthread_sigmask(SIG_SETMASK, &p.program_mask, nullptr);
  ::execvpe(p.argv[0], p.argv.data(), p.envp.data());
  give_up(report, Step::execute);
}

tl::unexpected<Error> explain_failure(const InsideProgram& program, const Failure& failure) {
  const char* reason = std::strerror(failure.error);
  constexpr const char* kInstead =
      "use `assay emulate` without a command and give the program --tpm-path, --event-log and "
      "GCE_METADATA_HOST as it prints them";
  switch (failure.step) {
    case Step::execute:
      return fail(Fault::unavailable, program.command.front(),
                  fmt::format("cannot be run: {}", reason));
    case Step::namespaces:
    case Step::user_map:
    case Step::private_mounts:
      return fail(
          Fault::unavailable, "assay emulate -- COMMAND",
          fmt::format("namespaces are forbidden here ({}): run as root, or {}", reason, kInstead));
    case Step::dev:
    case Step::nodes:
    case Step::tpm:
      return fail(Fault::unavailable, "/dev",
                  fmt::format("cannot be replaced in a private mount namespace ({}): {}", reason,
                              kInstead));
    case Step::security:
    case Step::log:
      return fail(Fault::unavailable, kSecurityFs,
                  fmt::format("cannot be replaced in a private mount namespace ({}): {}", reason,
                              kInstead));
  }
  return fail(Fault::internal, program.command.front(), reason);
}

/// Inherited variables but those that are set anew.  What tpm2-tss was told for this process is not
/// for others.
std::vector<std::string> environment_of(const InsideProgram& program) {
  std::vector<std::string> out;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view entry = *at;
    const std::string_view name = entry.substr(0, entry.find('='));
    const bool replaced = std::any_of(program.environment.begin(), program.environment.end(),
                                      [&](const auto& e) { return e.first == name; });
    if (!replaced && entry != "TSS2_LOG=all+NONE") out.emplace_back(entry);
  }
  for (const auto& [name, value] : program.environment) out.push_back(name + "=" + value);
  return out;
}

/// Hands signals on and waits.  A terminal sends its Ctrl-C to the program as well as to us, so
/// only what a process sent is handed on.  127 where the program's end cannot be learnt.
int wait_for(pid_t child, const sigset_t& awaited) {
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child && WIFEXITED(status)) return WEXITSTATUS(status);
    if (ended == child && WIFSIGNALED(status)) return 128 + WTERMSIG(status);
    if (ended < 0 && errno != EINTR) return 127;
    siginfo_t signal{};
    // The end of the child wakes us by SIGCHLD, unless a thread that does not block it swallowed
    // it.
    constexpr timespec kLookAgain{.tv_sec = 0, .tv_nsec = 200'000'000};
    const int number = ::sigtimedwait(&awaited, &signal, &kLookAgain);
    if (number > 0 && number != SIGCHLD && signal.si_code != SI_KERNEL) ::kill(child, number);
  }
}

sigset_t awaited_signals() {
  sigset_t out;
  sigemptyset(&out);
  for (const int signal : kForwarded) sigaddset(&out, signal);
  sigaddset(&out, SIGCHLD);
  return out;
}

/// The default for SIGCHLD while it lives.  Where a supervisor left it ignored the kernel throws
/// the program's exit code away (waitpid(2)); and the program expects the default, too.
class DefaultChildSignal {
 public:
  DefaultChildSignal() {
    struct sigaction action{};
    action.sa_handler = SIG_DFL;
    ::sigaction(SIGCHLD, &action, &before_);
  }
  DefaultChildSignal(const DefaultChildSignal&) = delete;
  DefaultChildSignal& operator=(const DefaultChildSignal&) = delete;
  ~DefaultChildSignal() { ::sigaction(SIGCHLD, &before_, nullptr); }

 private:
  struct sigaction before_{};
};

}  // namespace

void block_inside_signals() {
  const sigset_t awaited = awaited_signals();
  ::pthread_sigmask(SIG_BLOCK, &awaited, nullptr);
}

Result<int> run_inside(const InsideProgram& program) {
  ASSAY_CHECK(!program.command.empty());
  Prepared p;
  std::vector<std::string> words = program.command;
  p.environment = environment_of(program);
  for (std::string& word : words) p.argv.push_back(word.data());
  for (std::string& entry : p.environment) p.envp.push_back(entry.data());
  p.argv.push_back(nullptr);
  p.envp.push_back(nullptr);
  p.root = ::geteuid() == 0;
  p.uid_map = fmt::format("0 {} 1\n", ::geteuid());
  p.gid_map = fmt::format("0 {} 1\n", ::getegid());
  const std::string socket = std::filesystem::absolute(program.tpm_socket).string();
  p.socket = socket.c_str();
  p.log = program.event_log;

  const sigset_t awaited = awaited_signals();
  sigset_t before;
  ::pthread_sigmask(SIG_BLOCK, &awaited, &before);
  sigemptyset(&p.program_mask);

  std::array<int, 2> report{};
  if (::pipe2(report.data(), O_CLOEXEC) != 0)
    return fail(Fault::unavailable, "pipe", std::strerror(errno));
  const DefaultChildSignal children_are_waited_for;
  const pid_t child = ::fork();
  if (child == 0) live_inside(p, report[1]);
  ::close(report[1]);
  if (child < 0) {
    ::close(report[0]);
    return fail(Fault::unavailable, "fork", std::strerror(errno));
  }
  // Nothing comes when exec succeeds: it closes the pipe.
  Failure failure{};
  const bool failed =
      ::read(report[0], &failure, sizeof failure) == static_cast<ssize_t>(sizeof failure);
  ::close(report[0]);
  const int code = wait_for(child, awaited);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (failed) return explain_failure(program, failure);
  return code;
}

}  // namespace assay
