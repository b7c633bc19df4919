// SPDX-License-Identifier: Apache-2.0
#include "verify/revocation_checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hex.h"

namespace assay {

namespace {

using Link = CertificatePath::Link;
using Lists = std::vector<const Crl*>;

constexpr const char* kRevocationChecks[] = {"ak.revocation.list", "ak.revocation.signature",
                                             "ak.revocation.complete", "ak.revocation.fresh",
                                             "ak.revocation.serial"};

/// The lists that may speak about one certificate of the path, narrowed by each check.
struct Judged {
  const Link* link;
  Lists lists;
};

template <class Keep>
void narrow(std::vector<Judged>& judged, Keep keep) {
  for (Judged& one : judged)
    std::erase_if(one.lists, [&](const Crl* crl) { return !keep(*one.link, *crl); });
}

const Judged* first_without(const std::vector<Judged>& judged) {
  const auto found =
      std::ranges::find_if(judged, [](const Judged& one) { return one.lists.empty(); });
  return found == judged.end() ? nullptr : &*found;
}

std::string quoted(const std::string& name) { return fmt::format("\"{}\"", name); }

/// RFC 5280 section 6.3.3: the list of the certificate's issuer.  Only certificates with a list go
/// on; false where none has one.
bool check_listed(std::vector<Judged>& judged, RevocationLists::Missing missing, Verdict& verdict) {
  constexpr std::string_view kWanted = "a revocation list of every issuer";
  const Judged* const without = first_without(judged);
  if (without == nullptr) {
    verdict.require("ak.revocation.list", true, std::string(kWanted),
                    fmt::format("of {} issuers", judged.size()));
    return true;
  }
  const std::string got = "none of " + quoted(without->link->issuer);
  if (missing == RevocationLists::Missing::refused)
    verdict.require(
        "ak.revocation.list", false, std::string(kWanted), got,
        "fetch the list that the certificate names (cRLDistributionPoints): --crl FILE");
  else
    verdict.absent("ak.revocation.list", got);
  std::erase_if(judged, [](const Judged& one) { return one.lists.empty(); });
  return !judged.empty();
}

/// Section 6.3.3 (g): "Validate the signature on the complete CRL", with the key that signed the
/// certificate.
bool check_signature(std::vector<Judged>& judged, Verdict& verdict) {
  narrow(judged, [](const Link& link, const Crl& crl) { return crl.signed_by(link.issuer_key); });
  const Judged* const without = first_without(judged);
  return verdict.require("ak.revocation.signature", without == nullptr,
                         "signed by the issuer, with SHA-256 or better",
                         without == nullptr ? "signed" : "not by " + quoted(without->link->issuer),
                         "the list was changed, or is another CA's of that name: fetch it again");
}

/// Section 5.2, on critical extensions: a list of some certificates, a delta or an indirect list
/// says nothing about the others.
bool check_complete(std::vector<Judged>& judged, Verdict& verdict) {
  std::string extension;
  for (const Judged& one : judged)
    for (const Crl* crl : one.lists)
      if (!crl->unhandled_extensions().empty()) extension = crl->unhandled_extensions().front();
  narrow(judged, [](const Link&, const Crl& crl) { return crl.unhandled_extensions().empty(); });
  const bool ok = first_without(judged) == nullptr;
  return verdict.require("ak.revocation.complete", ok,
                         "the full list of the issuer's own certificates",
                         ok ? "full" : "extension " + extension,
                         "give the issuer's base list: partial, delta and indirect lists are not "
                         "supported");
}

bool is_fresh(const Crl& crl, const RevocationLists& revocation, Instant now) {
  if (crl.this_update() > now) return false;
  if (crl.next_update() && *crl.next_update() < now) return false;
  if (revocation.max_age) return now - crl.this_update() <= *revocation.max_age;
  return crl.next_update().has_value();
}

std::string times_of(const Crl& crl) {
  return fmt::format("{} to {}", rfc3339(crl.this_update()),
                     crl.next_update() ? rfc3339(*crl.next_update()) : "no nextUpdate");
}

/// Section 6.3.3 (a): a list is of use up to nextUpdate; and not longer than our own bound.
void check_fresh(const std::vector<Judged>& judged, const RevocationLists& revocation, Instant now,
                 Verdict& verdict) {
  const auto stale = std::ranges::find_if(judged, [&](const Judged& one) {
    return std::ranges::none_of(one.lists,
                                [&](const Crl* c) { return is_fresh(*c, revocation, now); });
  });
  std::string wanted = fmt::format("current at {}", rfc3339(now));
  if (revocation.max_age) wanted += fmt::format(", at most {} s old", revocation.max_age->count());
  if (stale == judged.end()) {
    verdict.require("ak.revocation.fresh", true, std::move(wanted),
                    times_of(*judged.front().lists.front()));
    return;
  }
  std::string got = quoted(stale->link->issuer) + ": " + times_of(*stale->lists.front());
  if (revocation.missing == RevocationLists::Missing::refused)
    verdict.require("ak.revocation.fresh", false, std::move(wanted), std::move(got),
                    "fetch the list again");
  else
    verdict.absent("ak.revocation.fresh", "stale: " + got);
}

/// Section 6.3.3 (i) and (j): the serial number is on no list.
void check_serials(const std::vector<Judged>& judged, Verdict& verdict) {
  std::string revoked;
  for (const Judged& one : judged)
    for (const Crl* crl : one.lists)
      if (crl->names(one.link->serial))
        revoked =
            fmt::format("serial number {} of {}", hex(one.link->serial), quoted(one.link->issuer));
  verdict.require("ak.revocation.serial", revoked.empty(), "no certificate of the path revoked",
                  revoked.empty() ? "not on the list" : revoked,
                  "its CA took the certificate back: the machine needs a new key");
}

}  // namespace

void check_revocation(const CertificatePath& path, const RevocationLists& revocation, Instant now,
                      Verdict& verdict) {
  if (path.links.empty())
    return verdict.not_checked_from(kRevocationChecks, "ak.revocation.list", "no chain");
  std::vector<Judged> judged;
  for (const Link& link : path.links) {
    judged.push_back({&link, {}});
    for (const Crl& crl : revocation.lists)
      if (crl.issuer() == link.issuer) judged.back().lists.push_back(&crl);
  }
  if (!check_listed(judged, revocation.missing, verdict)) return;
  if (!check_signature(judged, verdict))
    return verdict.not_checked_from(kRevocationChecks, "ak.revocation.complete",
                                    "nobody we know signed the list");
  if (!check_complete(judged, verdict))
    return verdict.not_checked_from(kRevocationChecks, "ak.revocation.fresh",
                                    "the list is of another kind");
  check_fresh(judged, revocation, now, verdict);
  check_serials(judged, verdict);
}

}  // namespace assay
