// SPDX-License-Identifier: Apache-2.0
#include "token/google_claims.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "crypto/jws.h"
#include "token/key_ring.h"
#include "verify/testing.h"

namespace assay {
namespace {

constexpr const char* kAk = "5f1d";

Digest filled(HashAlgorithm algorithm, std::uint8_t byte) {
  return {algorithm, Buffer(digest_size(algorithm), byte)};
}

/// An SEV VM of Google's, as its evidence would tell it.
VtpmClaims sev_vm() {
  VtpmClaims claims;
  claims.machine.bank = HashAlgorithm::sha1;
  claims.machine.platform.technology = ConfidentialTechnology::amd_sev;
  claims.machine.platform.gce_firmware_version = 1;
  claims.machine.secure_boot.enabled = true;
  claims.machine.efi = EfiState{};
  claims.machine.efi->applications = {filled(HashAlgorithm::sha1, 0x0A),
                                      filled(HashAlgorithm::sha1, 0x0B)};
  claims.machine.kernel_command_line = "root=/dev/sda1 quote=\"x\"";
  claims.instance = GceInstance{.zone = "us-central1-a",
                                .project_id = "my-project",
                                .project_number = 18446744073709551615U,
                                .instance_name = "vm-1",
                                .instance_id = 218557372616137117U};
  PcrValues sha256{.bank = HashAlgorithm::sha256, .values = {}};
  sha256.values[0] = filled(HashAlgorithm::sha256, 0xFF);
  PcrValues sha1{.bank = HashAlgorithm::sha1, .values = {}};
  sha1.values[0] = filled(HashAlgorithm::sha1, 0x00);
  sha1.values[14] = filled(HashAlgorithm::sha1, 0x14);
  claims.pcrs = {sha256, sha1};
  claims.clock.reset_count = 3;
  claims.ak_fingerprint = kAk;
  claims.provenance = Provenance::google;
  return claims;
}

TokenRequest request() {
  TokenRequest out;
  out.issuer = "https://attest.example";
  out.audience = "https://release.example";
  out.nonces = {"first-nonce"};
  out.service_account_emails = {"vm@my-project.iam.gserviceaccount.com"};
  out.now = from_unix_seconds(1'700'000'000);
  return out;
}

/// The claims but `jti`, which is random.
json::object made(VtpmClaims claims, const TokenRequest& asked = request()) {
  json::object out = google_claims(make_authentic_for_testing(std::move(claims)), asked);
  EXPECT_EQ(json_string(out, "jti").value().size(), 36U);
  out.erase("jti");
  return out;
}

const json::object& submodule(const json::object& claims, std::string_view name) {
  return *json_object(*json_object(claims, "submods").value(), name).value();
}

// Names, types and values as Google's documentation has them.
constexpr std::string_view kSevToken = R"({
  "iss": "https://attest.example",
  "sub": "https://www.googleapis.com/compute/v1/projects/my-project/zones/us-central1-a/instances/vm-1",
  "aud": "https://release.example",
  "iat": 1700000000,
  "nbf": 1700000000,
  "exp": 1700003600,
  "eat_nonce": "first-nonce",
  "eat_profile": "https://cloud.google.com/confidential-computing/confidential-vm/docs/token-claims",
  "secboot": true,
  "oemid": 11129,
  "hwmodel": "GCP_AMD_SEV",
  "swname": "GCE",
  "google_service_accounts": ["vm@my-project.iam.gserviceaccount.com"],
  "submods": {
    "gce": {
      "zone": "us-central1-a",
      "project_id": "my-project",
      "project_number": "18446744073709551615",
      "instance_name": "vm-1",
      "instance_id": "218557372616137117"
    },
    "tpm": {
      "bank": "sha1",
      "pcrs": {
        "0": "0000000000000000000000000000000000000000",
        "14": "1414141414141414141414141414141414141414"
      },
      "ak_fingerprint": "5f1d",
      "reset_count": 3,
      "gce_firmware_version": 1,
      "efi_applications": [
        "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a",
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
      ],
      "kernel_command_line": "root=/dev/sda1 quote=\"x\""
    }
  }
})";

TEST(GoogleClaims, OfAnSevVmAreThese) {
  EXPECT_EQ(json::value(made(sev_vm())), parse_json("expected", kSevToken).value());
}

TEST(GoogleClaims, OfAnEmulatedVmClaimNoHardware) {
  VtpmClaims emulated = sev_vm();
  emulated.provenance = Provenance::emulated;
  json::value expected = parse_json("expected", kSevToken).value();
  expected.as_object()["oemid"] = 0;
  expected.as_object()["hwmodel"] = "ASSAY_EMULATED_AMD_SEV";
  expected.as_object()["dbgstat"] = "enabled";
  EXPECT_EQ(json::value(made(emulated)), expected);
}

TEST(GoogleClaims, OfAnEnrolledEmulatedMachineNameItByItsKey) {
  VtpmClaims emulated = sev_vm();
  emulated.provenance = Provenance::emulated;
  emulated.instance.reset();
  const json::object claims = made(emulated);
  EXPECT_EQ(claims.at("hwmodel"), "ASSAY_EMULATED_AMD_SEV");
  EXPECT_EQ(claims.at("dbgstat"), "enabled");
  EXPECT_EQ(claims.at("oemid"), 0);
  EXPECT_EQ(claims.at("sub"), "urn:assay:ak:5f1d");
  EXPECT_FALSE(claims.contains("swname"));
  EXPECT_FALSE(claims.at("submods").as_object().contains("gce"));
}

TEST(GoogleClaims, OfAnOperatorsMachineBearNoNameOfGoogles) {
  VtpmClaims own = sev_vm();
  own.provenance = Provenance::operator_added;
  json::value expected = parse_json("expected", kSevToken).value();
  json::object& claims = expected.as_object();
  claims["oemid"] = 0;
  claims["hwmodel"] = "ASSAY_PRIVATE_AMD_SEV";
  claims["sub"] = "urn:assay:private:projects/my-project/zones/us-central1-a/instances/vm-1";
  claims.erase("swname");
  json::object& submods = claims["submods"].as_object();
  submods["private"] = submods["gce"];
  submods.erase("gce");
  EXPECT_EQ(json::value(made(own)), expected);

  own.instance.reset();
  EXPECT_EQ(made(own).at("sub"), "urn:assay:ak:5f1d");
}

TEST(GoogleClaims, OfWhomNobodyKnowsWhereTheyComeFromAreAnOperators) {
  EXPECT_EQ(made(VtpmClaims{}).at("hwmodel"), "ASSAY_PRIVATE_SHIELDED_VM");
}

TEST(GoogleClaims, OfABareVmSayOnlyWhatIsKnown) {
  VtpmClaims bare;
  bare.provenance = Provenance::google;
  bare.ak_fingerprint = kAk;
  TokenRequest asked;
  asked.issuer = "https://attest.example";
  asked.now = from_unix_seconds(1'700'000'000);
  asked.lifetime = std::chrono::seconds(60);
  EXPECT_EQ(json::value(made(bare, asked)), parse_json("expected", R"({
    "iss": "https://attest.example",
    "sub": "urn:assay:ak:5f1d",
    "aud": "https://sts.googleapis.com",
    "iat": 1700000000,
    "nbf": 1700000000,
    "exp": 1700000060,
    "eat_profile": "https://cloud.google.com/confidential-computing/confidential-vm/docs/token-claims",
    "secboot": false,
    "oemid": 11129,
    "hwmodel": "GCP_SHIELDED_VM",
    "swname": "GCE",
    "google_service_accounts": [],
    "submods": {"tpm": {"bank": "sha256", "ak_fingerprint": "5f1d", "reset_count": 0}}
  })")
                                                .value());
}

TEST(GoogleClaims, NameEachTechnologyAsGoogleDoes) {
  const std::pair<ConfidentialTechnology, std::string_view> cases[] = {
      {ConfidentialTechnology::none, "SHIELDED_VM"},
      {ConfidentialTechnology::amd_sev, "AMD_SEV"},
      {ConfidentialTechnology::amd_sev_es, "AMD_SEV_ES"},
      {ConfidentialTechnology::intel_tdx, "INTEL_TDX"},
      {ConfidentialTechnology::amd_sev_snp, "AMD_SEV_SNP"},
  };
  for (const auto& [technology, name] : cases) {
    VtpmClaims vm = sev_vm();
    vm.machine.platform.technology = technology;
    EXPECT_EQ(json_string(made(vm), "hwmodel").value(), fmt::format("GCP_{}", name));
    vm.provenance = Provenance::emulated;
    EXPECT_EQ(json_string(made(vm), "hwmodel").value(), fmt::format("ASSAY_EMULATED_{}", name));
    vm.provenance = Provenance::operator_added;
    EXPECT_EQ(json_string(made(vm), "hwmodel").value(), fmt::format("ASSAY_PRIVATE_{}", name));
  }
}

TEST(GoogleClaims, SecureBootIsTrueOnlyWhereItWasMeasuredOn) {
  VtpmClaims vm = sev_vm();
  EXPECT_EQ(made(vm).at("secboot"), true);
  vm.machine.secure_boot.enabled = false;
  EXPECT_EQ(made(vm).at("secboot"), false);
  vm.machine.secure_boot.enabled = std::nullopt;
  EXPECT_EQ(made(vm).at("secboot"), false);
}

TEST(GoogleClaims, SeveralNoncesAreAList) {
  TokenRequest asked = request();
  asked.nonces = {"first-nonce", "second-nonce"};
  EXPECT_EQ(made(sev_vm(), asked).at("eat_nonce"), (json::array{"first-nonce", "second-nonce"}));
  asked.nonces = {};
  EXPECT_FALSE(made(sev_vm(), asked).contains("eat_nonce"));
}

TEST(GoogleClaims, TokenIdsDiffer) {
  const auto vm = make_authentic_for_testing(sev_vm());
  EXPECT_NE(google_claims(vm, request()).at("jti"), google_claims(vm, request()).at("jti"));
}

TEST(GoogleClaims, ACommandLineThatIsNoPlainTextOrTooLongIsHashed) {
  // Digests by `sha256sum`.
  const std::pair<std::string, std::string_view> cases[] = {
      {std::string(2049, 'x'), "d2bc1d811fcb4da2cc5719f1fc1654084a6ed72d777e7c1bed597f6dbf007829"},
      {"a\xFF", "8dd06b5ab6b594257e41b7d8dd440a4062eddc67fdab5c13b4dc300176896f6e"},
      {"a\nb", "7e18f737311b2dc3b2f269dd78396b0351f14fb66efa879f768cb23181883c78"},
  };
  for (const auto& [line, digest] : cases) {
    VtpmClaims vm = sev_vm();
    vm.machine.kernel_command_line = line;
    const json::object claims = made(vm);
    const json::object& tpm = submodule(claims, "tpm");
    EXPECT_FALSE(tpm.contains("kernel_command_line"));
    EXPECT_EQ(json_string(tpm, "kernel_command_line_sha256").value(), digest);
  }
  VtpmClaims vm = sev_vm();
  vm.machine.kernel_command_line = std::string(2048, 'x');
  EXPECT_EQ(submodule(made(vm), "tpm").at("kernel_command_line").as_string().size(), 2048U);
}

TEST(GoogleClaims, ApplicationsAreAllThereOrNone) {
  VtpmClaims vm = sev_vm();
  auto& applications = vm.machine.efi->applications;
  applications.assign(32, filled(HashAlgorithm::sha1, 1));
  EXPECT_EQ(submodule(made(vm), "tpm").at("efi_applications").as_array().size(), 32U);
  applications.push_back(filled(HashAlgorithm::sha1, 1));
  EXPECT_FALSE(submodule(made(vm), "tpm").contains("efi_applications"));
}

TEST(GoogleClaims, TheLargestTokenCanStillBeRead) {
  VtpmClaims vm = sev_vm();
  vm.machine.bank = HashAlgorithm::sha512;
  PcrValues pcrs{.bank = HashAlgorithm::sha512, .values = {}};
  for (auto& value : pcrs.values) value = filled(HashAlgorithm::sha512, 0xAB);
  vm.pcrs = {pcrs};
  vm.machine.kernel_command_line = std::string(2048, '"');  // two bytes each in JSON
  vm.machine.efi->applications.assign(32, filled(HashAlgorithm::sha256, 1));
  TokenRequest asked = request();
  asked.audience = std::string(512, 'a');
  asked.nonces.assign(6, std::string(74, 'n'));
  const std::string token =
      KeyRing::generate().sign(google_claims(make_authentic_for_testing(vm), asked));
  EXPECT_TRUE(parse_jws(token)) << token.size();
}

}  // namespace
}  // namespace assay
