// SPDX-License-Identifier: Apache-2.0
#include "verify/revocation_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "base/hex.h"

namespace assay {

namespace {

using Lists = std::vector<const Crl*>;
using Missing = RevocationTerms::Missing;

constexpr std::string_view kSteps[] = {"list", "signature", "complete", "fresh", "serial"};

/// The lists that may speak about one certificate of the path, narrowed by each check.
struct Judged {
  const CertificateLink* link;
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

std::string number_of(const Crl& crl) {
  const auto& number = crl.number();
  if (!number) return "none";
  return number->empty() ? "0x00" : "0x" + hex(*number);
}

std::string times_of(const Crl& crl) {
  const auto next = crl.next_update();
  return fmt::format("{} to {}", rfc3339(crl.this_update()),
                     next ? rfc3339(*next) : "no nextUpdate");
}

/// Another of `lists` has a higher number; null: none has.
const Crl* newer_than(const Crl& crl, const Lists& lists) {
  const auto found =
      std::ranges::find_if(lists, [&](const Crl* other) { return has_lower_number(crl, *other); });
  return found == lists.end() ? nullptr : *found;
}

/// The checks of one family over one path.
class RevocationChecks {
 public:
  RevocationChecks(std::string_view family, const RevocationLists& revocation, Instant now,
                   Verdict& verdict)
      : family_(family), revocation_(revocation), now_(now), verdict_(verdict) {}

  void of(std::span<const CertificateLink> path) {
    if (path.empty()) return skip_from("list", "no chain");
    std::vector<Judged> judged;
    for (const CertificateLink& link : path) {
      judged.push_back({&link, {}});
      for (const Crl& crl : revocation_.lists)
        if (crl.issuer() == link.issuer) judged.back().lists.push_back(&crl);
    }
    if (!listed(judged)) return;
    if (!signature(judged)) return skip_from("complete", "nobody we know signed the list");
    if (!complete(judged)) return skip_from("fresh", "the list is of another kind");
    fresh(newest(judged));
    serials(judged);
  }

 private:
  [[nodiscard]] std::string id(std::string_view step) const {
    return fmt::format("{}.{}", family_, step);
  }

  void skip_from(std::string_view step, const char* why) {
    for (auto at = std::ranges::find(kSteps, step); at != std::end(kSteps); ++at)
      verdict_.not_checked(id(*at), why);
  }

  /// RFC 5280 section 6.3.3: the list of the certificate's issuer.  Only certificates with a list
  /// go on; false where none has one.
  bool listed(std::vector<Judged>& judged) {
    constexpr std::string_view kWanted = "a revocation list of every issuer";
    const Judged* const without = first_without(judged);
    if (without == nullptr) {
      verdict_.require(id("list"), true, std::string(kWanted),
                       fmt::format("of {} issuers", judged.size()));
      return true;
    }
    const std::string got = "no list of " + quoted(without->link->issuer);
    if (revocation_.terms.missing == Missing::refused)
      verdict_.require(
          id("list"), false, std::string(kWanted), got,
          "fetch the list that the certificate names (cRLDistributionPoints): --crl FILE");
    else
      verdict_.absent(id("list"), "not asked: " + got);
    std::erase_if(judged, [](const Judged& one) { return one.lists.empty(); });
    return !judged.empty();
  }

  /// Section 6.3.3 (g): "Validate the signature on the complete CRL", with the key that signed the
  /// certificate.
  bool signature(std::vector<Judged>& judged) {
    narrow(judged, [](const CertificateLink& link, const Crl& crl) {
      return crl.signed_by(link.issuer_key);
    });
    const Judged* const without = first_without(judged);
    return verdict_.require(
        id("signature"), without == nullptr, "signed by the issuer, with SHA-256 or better",
        without == nullptr ? "signed" : "not by " + quoted(without->link->issuer),
        "the list was changed, or is another CA's of that name: fetch it again");
  }

  /// Section 5.2, on critical extensions: a list of some certificates, a delta or an indirect list
  /// says nothing about the others.
  bool complete(std::vector<Judged>& judged) {
    std::string extension;
    for (const Judged& one : judged)
      for (const Crl* crl : one.lists)
        if (!crl->unhandled_extensions().empty()) extension = crl->unhandled_extensions().front();
    narrow(judged, [](const CertificateLink&, const Crl& crl) {
      return crl.unhandled_extensions().empty();
    });
    const bool ok = first_without(judged) == nullptr;
    return verdict_.require(
        id("complete"), ok, "the full list of the issuer's own certificates",
        ok ? "full" : "extension " + extension,
        "give the issuer's base list: partial, delta and indirect lists are not supported");
  }

  /// Section 5.2.3: the number tells "when a particular CRL supersedes another CRL".  What was
  /// superseded says no longer that somebody is not revoked.
  std::vector<Judged> newest(std::vector<Judged> judged) {
    std::string aside;
    for (Judged& one : judged) {
      const Lists all = one.lists;
      std::erase_if(one.lists, [&](const Crl* crl) {
        const Crl* const newer = newer_than(*crl, all);
        if (newer == nullptr) return false;
        aside = fmt::format("not used: cRLNumber {} of {}, beside {}", number_of(*crl),
                            quoted(one.link->issuer), number_of(*newer));
        return true;
      });
    }
    if (!aside.empty()) verdict_.absent(id("number"), std::move(aside));
    return judged;
  }

  /// Section 6.3.3 (a): a list is of use up to nextUpdate; and not longer than our own bound.
  void fresh(const std::vector<Judged>& judged) {
    const auto stale = std::ranges::find_if(judged, [&](const Judged& one) {
      return std::ranges::none_of(one.lists, [&](const Crl* crl) { return is_fresh(*crl); });
    });
    const auto& bound = revocation_.terms.max_age;
    std::string wanted = fmt::format("current at {}", rfc3339(now_));
    if (bound) wanted += fmt::format(", at most {} s old", bound->count());
    if (stale == judged.end()) {
      verdict_.require(id("fresh"), true, std::move(wanted),
                       times_of(*judged.front().lists.front()));
      return;
    }
    std::string got = quoted(stale->link->issuer) + ": " + times_of(*stale->lists.front());
    if (revocation_.terms.missing == Missing::refused)
      verdict_.require(id("fresh"), false, std::move(wanted), std::move(got),
                       "fetch the list again");
    else
      verdict_.absent(id("fresh"), "stale: " + got);
  }

  [[nodiscard]] bool is_fresh(const Crl& crl) const {
    if (crl.this_update() > now_) return false;
    const auto next = crl.next_update();
    if (next && *next < now_) return false;
    const auto& bound = revocation_.terms.max_age;
    return bound ? now_ - crl.this_update() <= *bound : next.has_value();
  }

  /// Section 6.3.3 (i) and (j): the serial number is on no list.
  void serials(const std::vector<Judged>& judged) {
    std::string revoked;
    for (const Judged& one : judged)
      for (const Crl* crl : one.lists)
        if (crl->names(one.link->serial))
          revoked = fmt::format("serial number {} of {}", hex(one.link->serial),
                                quoted(one.link->issuer));
    verdict_.require(id("serial"), revoked.empty(), "no certificate of the path revoked",
                     revoked.empty() ? "not on the list" : revoked,
                     "its CA took the certificate back: the machine needs a new key");
  }

  std::string_view family_;
  const RevocationLists& revocation_;
  Instant now_;
  Verdict& verdict_;
};

}  // namespace

void check_revocation(std::string_view family, std::span<const CertificateLink> path,
                      const RevocationLists* revocation, Instant now, Verdict& verdict) {
  static const RevocationLists kNone;
  RevocationChecks(family, revocation != nullptr ? *revocation : kNone, now, verdict).of(path);
}

}  // namespace assay
