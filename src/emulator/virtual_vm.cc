// SPDX-License-Identifier: Apache-2.0
#include "emulator/virtual_vm.h"

#include <fmt/format.h>

#include <charconv>
#include <mutex>

#include "collateral/trust.h"
#include "collect/kernel_log.h"
#include "collect/socket_channel.h"
#include "collect/tpm.h"
#include "crypto/random.h"
#include "emulator/libtpms_device.h"
#include "emulator/measured_boot.h"
#include "emulator/metadata_server.h"
#include "emulator/provision.h"
#include "emulator/tpm_socket.h"
#include "emulator/transient_space.h"
#include "emulator/vendor_ca.h"
#include "emulator/vm_identity.h"
#include "formats/attestation.h"
#include "host/file.h"
#include "host/state_lock.h"
#include "host/system_clock.h"
#include "http/server.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

// The files of a state directory.
constexpr const char* kTpmState = "tpm.state";
constexpr const char* kEventLog = "binary_bios_measurements";
constexpr const char* kTechnology = "technology";
constexpr const char* kTrust = "trust.json";
constexpr const char* kMetadataPort = "metadata.port";
constexpr const char* kSocket = "tpm.sock";
constexpr std::size_t kMaxTpmState = 1024 * 1024;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

/// The TPM's permanent memory in a file.  While the firmware works nothing is written: a VM that
/// does not come up has not been.  Thread-safe.
class TpmMemory {
 public:
  TpmMemory(fs::path file, std::function<void(const Error&)> not_kept)
      : file_(std::move(file)), not_kept_(std::move(not_kept)) {}
  [[nodiscard]] Result<Buffer> load() const {
    return is_there(file_) ? read_file(file_, kMaxTpmState) : Buffer{};
  }
  Status keep(Bytes state) {
    const std::lock_guard guard(mutex_);
    if (!booted_) {
      pending_ = to_buffer(state);
      return {};
    }
    const bool known = !last_write_;
    last_write_ = write_file(file_, state, FileAccess::owner_only);
    if (!last_write_) {
      last_write_.error().why += "; the virtual TPM's memory is not kept";
      if (!known && not_kept_) not_kept_(last_write_.error());
    }
    return last_write_;
  }
  Status booted() {
    const std::lock_guard guard(mutex_);
    booted_ = true;
    return pending_.empty() ? Status{} : write_file(file_, pending_, FileAccess::owner_only);
  }
  /// How the last write since booted() ended.  The TPM writes all it knows each time, so a write
  /// that succeeds makes good those before.
  [[nodiscard]] Status last_write() const {
    const std::lock_guard guard(mutex_);
    return last_write_;
  }

 private:
  mutable std::mutex mutex_;
  fs::path file_;
  std::function<void(const Error&)> not_kept_;
  Buffer pending_;
  bool booted_ = false;
  Status last_write_;
};

/// The byte that says what protects the VM, as the kept boot was made with.
std::optional<ConfidentialTechnology> kept_technology(const fs::path& state) {
  const auto name = read_file(state / kTechnology, 16);
  return name ? technology_named(as_text(*name)) : std::nullopt;
}

Status keep_boot(const fs::path& state, Bytes log, std::string_view technology) {
  if (Status kept = write_file(state / kEventLog, log, FileAccess::owner_only); !kept) return kept;
  return write_file(state / kTechnology, as_bytes(technology), FileAccess::owner_only);
}

/// The event log this start boots with, kept for the next.
Result<Buffer> choose_boot(const VirtualVmOptions& options, Instant now) {
  if (!options.boot.empty()) {
    auto log = read_event_log(options.boot / kEventLog);
    if (!log) return log;
    const Status kept = keep_boot(options.state, *log, "recorded");
    if (!kept) return pass_on(kept);
    return log;
  }
  const bool wanted_is_kept =
      !options.technology || options.technology == kept_technology(options.state);
  if (is_there(options.state / kEventLog) && wanted_is_kept)
    return read_event_log(options.state / kEventLog);
  const ConfidentialTechnology technology =
      options.technology.value_or(ConfidentialTechnology::amd_sev);
  auto log = synthesize_boot(technology, now);
  if (!log) return log;
  const Status kept = keep_boot(options.state, *log, short_name(technology));
  if (!kept) return pass_on(kept);
  return log;
}

/// `listen` with the port of the last start instead of port 0.
std::optional<std::string> last_address(const VirtualVmOptions& options) {
  constexpr std::string_view kAnyPort = ":0";
  if (!options.listen.ends_with(kAnyPort)) return std::nullopt;
  const auto port = read_file(options.state / kMetadataPort, 8);
  if (!port) return std::nullopt;
  unsigned number = 0;
  const std::string_view text = as_text(*port);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number == 0 || number > 65535) return std::nullopt;
  return options.listen.substr(0, options.listen.size() - kAnyPort.size()) +
         fmt::format(":{}", number);
}

Result<std::unique_ptr<HttpServer>> start_metadata(const VirtualVmOptions& options,
                                                   const HttpHandler& handler) {
  HttpServerOptions server;
  if (const auto last = last_address(options)) {
    server.listen = *last;
    if (auto started = HttpServer::start(server, handler)) return started;
  }
  server.listen = options.listen;
  auto started = HttpServer::start(server, handler);
  if (!started) return started;
  const Status kept =
      write_file(options.state / kMetadataPort, as_bytes(std::to_string((*started)->port())),
                 FileAccess::owner_only);
  if (!kept) return pass_on(kept);
  return started;
}

TrustAnchor anchor_of(const Certificate& ca, AnchorRole role, PublicKey key) {
  return {.name = ca.subject(),
          .role = role,
          .key = std::move(key),
          .not_before = ca.not_before(),
          .not_after = ca.not_after(),
          .provenance = Provenance::emulated};
}

/// Both CAs, as Google's are pinned: not every attester sends the intermediate certificate.
Status write_trust(const fs::path& file, const VendorCa& ca, const VmIdentity& vm) {
  auto root_key = ca.root().public_key();
  if (!root_key) return pass_on(root_key);
  auto intermediate_key = ca.intermediate().public_key();
  if (!intermediate_key) return pass_on(intermediate_key);
  Trust trust;
  trust.anchors = {
      anchor_of(ca.root(), AnchorRole::root, std::move(*root_key)),
      anchor_of(ca.intermediate(), AnchorRole::intermediate, std::move(*intermediate_key))};
  const PublicKey& key = vm.token_key.public_key();
  IdentityIssuer issuer;
  issuer.issuer = vm.token_issuer();
  issuer.keys = JwkSet({{jwk_thumbprint(key), JwsAlgorithm::es256, key}});
  // The path of a request names the project in either way.
  for (const std::string& project :
       {vm.instance.project_id, std::to_string(vm.instance.project_number)}) {
    issuer.grants.push_back(
        {vm.service_account(), "roles/confidentialcomputing.workloadUser", project});
  }
  trust.identities.push_back(std::move(issuer));
  return write_file(
      file, as_bytes(pretty_json(to_json(trust, {ca.root().pem(), ca.intermediate().pem()}))),
      FileAccess::owner_only);
}

/// From power-on to a locked platform hierarchy: what the firmware does.
Status boot(LibtpmsDevice& device, const std::shared_ptr<TpmChannel>& channel,
            const MeasuredBoot& measured, const VendorCa& ca, const GceInstance& instance,
            const std::string& issuer_url, Instant now) {
  if (Status started = device.startup(measured.startup_locality); !started) return started;
  auto tpm = Tpm::open(Tcti::over(channel));
  if (!tpm) return pass_on(tpm);
  const auto banks = tpm->allocated_banks();
  if (!banks) return pass_on(banks);
  const bool same_banks =
      std::equal(banks->begin(), banks->end(), measured.banks.begin(), measured.banks.end(),
                 [](const PcrSelection& a, HashAlgorithm b) { return a.bank == b; });
  if (!same_banks) {
    if (Status allocated = device.allocate_banks(measured.banks); !allocated) return allocated;
    if (Status started = device.startup(measured.startup_locality); !started) return started;
  }
  if (Status done = provision_keys(*tpm, ca, instance, issuer_url, now); !done) return done;
  if (Status done = live_again(measured, *tpm); !done) return done;
  // Google's firmware locks the platform hierarchy too: an operating system cannot change the keys.
  constexpr std::size_t kPasswordSize = 32;
  return tpm->set_platform_password(random_bytes(kPasswordSize));
}

}  // namespace

struct VirtualVm::Parts {
  fs::path state;
  StateLock lock;
  SystemClock system_clock;
  VmIdentity identity;
  std::shared_ptr<TpmMemory> memory;
  std::optional<TemporaryDirectory>
      short_directory;  ///< for the socket of a state with a long path
  std::unique_ptr<HttpServer> metadata;
  std::shared_ptr<LibtpmsDevice> device;
  std::shared_ptr<TransientSpace> space;
  std::unique_ptr<TpmSocket> socket;
};

VirtualVm::VirtualVm(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Status VirtualVm::power_off() {
  // Clients first, then what they use.
  parts_->socket.reset();
  parts_->space.reset();
  parts_->device.reset();
  parts_->metadata.reset();
  return parts_->memory->last_write();
}

VirtualVm::~VirtualVm() { static_cast<void>(power_off()); }

Result<std::unique_ptr<VirtualVm>> VirtualVm::start(const VirtualVmOptions& options) {
  if (!options.boot.empty() && options.technology) {
    return fail(Fault::malformed, "--technology",
                "a recorded boot has its own: leave --boot or --technology out");
  }
  if (const Status made = make_private_directory(options.state); !made) return pass_on(made);
  auto lock = StateLock::take(
      options.state, "another `assay emulate` runs this VM: stop it, or name another --state");
  if (!lock) return pass_on(lock);
  auto identity = VmIdentity::load_or_make(options.state, options.instance);
  if (!identity) return pass_on(identity);
  std::unique_ptr<Parts> parts(new Parts{
      .state = options.state,
      .lock = std::move(*lock),
      .system_clock = {},
      .identity = std::move(*identity),
      .memory = std::make_shared<TpmMemory>(options.state / kTpmState, options.state_not_kept),
      .short_directory = std::nullopt,
      .metadata = nullptr,
      .device = nullptr,
      .space = nullptr,
      .socket = nullptr});
  const Clock& clock = options.clock != nullptr ? *options.clock : parts->system_clock;
  const Instant now = clock.now();

  const auto log = choose_boot(options, now);
  if (!log) return pass_on(log);
  const auto measured = parse_measured_boot(*log);
  if (!measured) return pass_on(measured);
  const auto ca = VendorCa::load_or_make(options.state / "ca", now);
  if (!ca) return pass_on(ca);
  if (const Status written = write_trust(options.state / kTrust, *ca, parts->identity); !written) {
    return pass_on(written);
  }

  const auto handler =
      std::make_shared<MetadataServer>(parts->identity, to_buffer(ca->intermediate().der()), clock);
  auto metadata = start_metadata(
      options, [handler](const HttpRequest& request) { return (*handler)(request); });
  if (!metadata) return pass_on(metadata);
  parts->metadata = std::move(*metadata);

  auto state = parts->memory->load();
  if (!state) return pass_on(state);
  auto device = LibtpmsDevice::power_on(
      std::move(*state), [memory = std::weak_ptr(parts->memory)](Bytes changed) -> Status {
        // Who holds tpm() may outlive the VM, but the state directory is no longer ours then.
        if (const auto kept = memory.lock()) return kept->keep(changed);
        return fail(Fault::unavailable, "virtual TPM", "its VM is off");
      });
  if (!device) {
    return fail(device.error().fault, (options.state / kTpmState).string(), device.error().why);
  }
  parts->device = std::move(*device);
  parts->space = std::make_shared<TransientSpace>(parts->device);
  const std::string issuer_url = parts->metadata->url() + "/aia/intermediate.crt";
  if (const Status up = boot(*parts->device, parts->device, *measured, *ca,
                             parts->identity.instance, issuer_url, now);
      !up) {
    return pass_on(up);
  }
  if (const Status kept = parts->memory->booted(); !kept) return pass_on(kept);

  fs::path socket_path = options.state / kSocket;
  if (fs::absolute(socket_path).native().size() > kMaxSocketPath) {
    auto directory = TemporaryDirectory::make("assay-vm");
    if (!directory) return pass_on(directory);
    socket_path = parts->short_directory.emplace(std::move(*directory)).path() / kSocket;
  }
  auto socket = TpmSocket::start(fs::absolute(socket_path), parts->space);
  if (!socket) return pass_on(socket);
  parts->socket = std::move(*socket);
  parts->state = fs::absolute(options.state);
  return std::unique_ptr<VirtualVm>(new VirtualVm(std::move(parts)));
}

const fs::path& VirtualVm::tpm_socket() const { return parts_->socket->path(); }
std::shared_ptr<TpmChannel> VirtualVm::tpm() const { return parts_->space; }
std::string VirtualVm::metadata_host() const {
  constexpr std::string_view kScheme = "http://";
  return parts_->metadata->url().substr(kScheme.size());
}
fs::path VirtualVm::event_log() const { return parts_->state / kEventLog; }
fs::path VirtualVm::trust() const { return parts_->state / kTrust; }
const GceInstance& VirtualVm::instance() const { return parts_->identity.instance; }
std::string VirtualVm::region() const { return parts_->identity.region(); }

}  // namespace assay
