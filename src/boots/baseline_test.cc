// SPDX-License-Identifier: Apache-2.0
#include "boots/baseline.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "boots/predicted_boot.h"
#include "boots/testing.h"
#include "formats/testing.h"
#include "formats/uefi.h"
#include "policy/appraisal_policy.h"

namespace assay {
namespace {

constexpr HashAlgorithm kBank = HashAlgorithm::sha256;

/// The ids of the checks that a machine fails.
std::vector<std::string> failures(const AppraisalPolicy& policy, const MachineState& machine) {
  std::vector<std::string> out;
  const Verdict verdict = policy.appraise_machine(machine);
  for (const Check& c : verdict.checks())
    if (c.verdict == CheckVerdict::fail) out.push_back(c.id);
  return out;
}

/// As a command names its logs: "boot 1", ...
std::vector<GoodBoot> good(const std::vector<const MachineState*>& boots) {
  std::vector<GoodBoot> out;
  for (const MachineState* m : boots) out.push_back({fmt::format("boot {}", out.size() + 1), m});
  return out;
}

Result<AppraisalPolicy> baseline_of(const std::vector<const MachineState*>& boots) {
  const auto text = write_baseline(good(boots));
  if (!text) return pass_on(text);
  return AppraisalPolicy::parse("baseline", *text);
}

/// The boot of sb with its fleet's usual noise: another boot order.
MachineState with_boot_order(const Boot& boot, std::vector<std::uint16_t> order) {
  PredictedBoot predicted(boot.replayed());
  EXPECT_TRUE(predicted.boot_order(order));
  return Boot(predicted.log()).state(kBank);
}

Buffer new_image() { return pe_image(PeShape{}); }

/// A change that the baseline must refuse, and the check that must say so.
struct Refused {
  const char* name;
  const char* boot;
  Status (*change)(PredictedBoot&);
  const char* check;
};

const Refused kRefused[] = {
    {"another kernel", "sb", [](PredictedBoot& b) { return b.file(BootPart::kernel, new_image()); },
     "policy.applications.exactly"},
    {"another kernel file", "nosb",
     [](PredictedBoot& b) { return b.file(BootPart::kernel, as_bytes("kernel")); },
     "policy.kernel.grub_files"},
    {"another initrd", "sb",
     [](PredictedBoot& b) { return b.file(BootPart::initrd, as_bytes("initrd")); },
     "policy.kernel.grub_files"},
    {"another grub.cfg", "sb",
     [](PredictedBoot& b) {
       return b.bootloader_file("/EFI/debian/grub.cfg", as_bytes("set x=1"));
     },
     "policy.kernel.grub_files"},
    {"another command line", "sb", [](PredictedBoot& b) { return b.command_line("init=/bin/sh"); },
     "policy.kernel.command_line"},
    {"another shim", "sb", [](PredictedBoot& b) { return b.file(BootPart::shim, new_image()); },
     "policy.applications.exactly"},
    {"another boot loader", "sb",
     [](PredictedBoot& b) { return b.file(BootPart::bootloader, new_image()); },
     "policy.applications.exactly"},
    {"Secure Boot off", "sb",
     [](PredictedBoot& b) { return b.secure_boot(PredictedBoot::SecureBootSwitch::off); },
     "policy.secure_boot.required"},
    {"a hash allowed", "sb",
     [](PredictedBoot& b) { return b.add_signature("db", kSha256Guid, Buffer(32, 7)); },
     "policy.secure_boot.db"},
    {"a KEK added", "sb",
     [](PredictedBoot& b) { return b.add_signature("KEK", kSha256Guid, Buffer(32, 7)); },
     "policy.secure_boot.kek"},
    {"a PK added", "sb",
     [](PredictedBoot& b) { return b.add_signature("PK", kSha256Guid, Buffer(32, 7)); },
     "policy.secure_boot.pk"},
    {"revocations emptied", "sb", [](PredictedBoot& b) { return b.replace_signatures("dbx", {}); },
     "policy.secure_boot.dbx"},
    {"older firmware", "cos-85", [](PredictedBoot& b) { return b.gce_firmware_version(0); },
     "policy.platform.firmware"},
    {"no confidential technology", "cos-85",
     [](PredictedBoot& b) { return b.technology(ConfidentialTechnology::none); },
     "policy.platform.technologies"},
};

TEST(Baseline, RefusesEachChangeThatItShould) {
  for (const Refused& row : kRefused) {
    SCOPED_TRACE(row.name);
    auto bytes = recorded_log(row.boot);
    if (!bytes) {
      std::cerr << "skipped without the corpus: " << row.name << "\n";
      continue;
    }
    const Boot recorded(std::move(*bytes));
    const MachineState state = recorded.state(kBank);
    const auto policy = baseline_of({&state});
    ASSERT_TRUE(policy) << to_string(policy.error());
    EXPECT_THAT(failures(*policy, state), testing::IsEmpty());
    PredictedBoot changed(recorded.replayed());
    const auto done = row.change(changed);
    ASSERT_TRUE(done) << to_string(done.error());
    EXPECT_THAT(failures(*policy, Boot(changed.log()).state(kBank)), testing::Contains(row.check));
  }
}

TEST(Baseline, OfThreeBootsAcceptsAFourth) {
  const Boot boot(*recorded_log("sb"));
  const MachineState first = boot.state(kBank), second = with_boot_order(boot, {2, 1, 0}),
                     third = with_boot_order(boot, {0, 1}), fourth = with_boot_order(boot, {1});
  const auto policy = baseline_of({&first, &second, &third});
  ASSERT_TRUE(policy) << to_string(policy.error());
  EXPECT_THAT(failures(*policy, fourth), testing::IsEmpty());
  PredictedBoot updated(boot.replayed());
  ASSERT_TRUE(updated.add_signature("dbx", kSha256Guid, Buffer(32, 7)));
  EXPECT_THAT(failures(*policy, Boot(updated.log()).state(kBank)), testing::IsEmpty())
      << "revoking more is welcome";
}

TEST(Baseline, AllowsWhatEachOfItsBootsHad) {
  const Boot sb(*recorded_log("sb")), full(*recorded_log("sbfull"));
  const MachineState a = sb.state(kBank), b = full.state(kBank);
  const auto of_one = baseline_of({&a});
  const auto of_both = baseline_of({&a, &b});
  ASSERT_TRUE(of_one && of_both);
  EXPECT_THAT(failures(*of_one, b),
              testing::IsSupersetOf({"policy.applications.exactly", "policy.kernel.command_line"}));
  EXPECT_THAT(failures(*of_both, a), testing::IsEmpty());
  EXPECT_THAT(failures(*of_both, b), testing::IsEmpty());
}

TEST(Baseline, OfEveryRecordedBootAcceptsThatBootAlone) {
  const char* const boots[] = {"nosb", "sb", "sbfull", "uki", "ukisb"};
  for (const char* of : boots) {
    const MachineState recorded = Boot(*recorded_log(of)).state(kBank);
    const auto policy = baseline_of({&recorded});
    ASSERT_TRUE(policy) << of << to_string(policy.error());
    for (const char* other : boots) {
      const MachineState state = Boot(*recorded_log(other)).state(kBank);
      EXPECT_EQ(failures(*policy, state).empty(), std::string_view(of) == other)
          << of << " judges " << other;
    }
  }
}

TEST(Baseline, NamesItsBankWhereThatAloneIsToBeJudged) {
  const MachineState state = Boot(*recorded_log("sb")).state(kBank);
  const auto boots = good({&state});
  const auto any = AppraisalPolicy::parse("b", *write_baseline(boots));
  const auto one = AppraisalPolicy::parse("b", *write_baseline(boots, BaselineBank::only));
  ASSERT_TRUE(any && one);
  EXPECT_EQ(any->terms().only_bank, std::nullopt);
  EXPECT_EQ(one->terms().only_bank, kBank);
  EXPECT_THAT(failures(*one, state), testing::IsEmpty());
  EXPECT_THAT(failures(*one, Boot(*recorded_log("sb")).state(HashAlgorithm::sha384)),
              testing::Contains("policy.evidence.only_bank"));
}

/// Boots that no one policy describes, or that do not say enough for one.
TEST(Baseline, IsNotWrittenWhereOneOfItsBootsWouldFail) {
  const MachineState sb = Boot(*recorded_log("sb")).state(kBank);
  const MachineState nosb = Boot(*recorded_log("nosb")).state(kBank);
  const MachineState uki = Boot(*recorded_log("uki")).state(kBank);
  const MachineState ukisb = Boot(*recorded_log("ukisb")).state(kBank);
  const auto why = [](const std::vector<const MachineState*>& boots,
                      const std::vector<std::string>& open = {}) {
    const auto text = write_baseline(good(boots), BaselineBank::strongest, open);
    return text ? "written" : to_string(text.error());
  };
  EXPECT_EQ(why({&sb, &nosb}),
            "baseline: cannot tell what to allow\nsecure_boot: it was on in boot 1 and off in boot "
            "2: make a policy of each; `--accept-any secure_boot` leaves it open");
  EXPECT_THAT(why({&sb, &ukisb}),
              testing::StartsWith("baseline: these boots are of different kinds, and one policy "
                                  "cannot describe them: make one for each kind of boot\n"));
  EXPECT_THAT(why({&nosb, &uki}), testing::HasSubstr("\nboot 1 would be refused by policy."));
  EXPECT_THAT(why({&nosb, &uki}), testing::HasSubstr("\nboot 2 would be refused by policy."));
  EXPECT_EQ(why({&sb, &sb}), "written");
}

TEST(Baseline, LeavesNothingOpenThatWasNotNamed) {
  // Cut behind a record, before ExitBootServices.
  Buffer bytes = *recorded_log("uki");
  bytes.resize(3986);
  const MachineState cut = Boot(bytes).state(kBank);
  const auto refused = write_baseline(good({&cut}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(
      to_string(refused.error()),
      "baseline: cannot tell what to allow\n"
      "applications: boot 1 ends before the system took over (no ExitBootServices), so it may "
      "not name all that ran; `--accept-any applications` leaves it open\n"
      "kernel: the logs name no kernel, command line or section of an image; `--accept-any "
      "kernel` leaves it open");
  const auto open =
      write_baseline(good({&cut}), BaselineBank::strongest, {"applications", "kernel"});
  ASSERT_TRUE(open) << to_string(open.error());
  EXPECT_THAT(*open,
              testing::HasSubstr(
                  "accept_any = [\"secure_boot\", \"applications\", \"kernel\", \"instance\"]"));
  EXPECT_THAT(*open, testing::HasSubstr("# Secure Boot was off: nothing is asked about it"));
  const MachineState sb = Boot(*recorded_log("sb")).state(kBank);
  EXPECT_FALSE(write_baseline(good({&sb}), BaselineBank::strongest, {"applications"}));
}

TEST(Baseline, SaysWhyItCannotBeMade) {
  EXPECT_EQ(to_string(write_baseline({}).error()), "baseline: needs at least one boot");
  const Boot boot(*recorded_log("sb"));
  const MachineState a = boot.state(HashAlgorithm::sha256), b = boot.state(HashAlgorithm::sha1);
  EXPECT_EQ(to_string(write_baseline(good({&a, &b})).error()),
            "baseline: boots in sha256 and in sha1: digests of different banks cannot be compared");
}

}  // namespace
}  // namespace assay
