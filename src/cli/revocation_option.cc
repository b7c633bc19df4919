// SPDX-License-Identifier: Apache-2.0
#include "cli/revocation_option.h"

namespace assay {

void add_revocation(CLI::App* command, RevocationOptions& options) {
  command
      ->add_option("--crl", options.crl,
                   "Revocation list of a CA, DER or PEM; repeatable.  Without one of an issuer, "
                   "revocation is not asked")
      ->type_name("FILE")
      ->take_all();
  command->add_flag("--require-crl", options.require_crl,
                    "Reject unless every issuer has a current revocation list");
  command
      ->add_option("--crl-max-age", options.crl_max_age,
                   "How old a revocation list may be, whatever it says of its next update")
      ->check(CLI::Range(1, 315'360'000).description(""))
      ->type_name("SECONDS");
}

RevocationFiles::Settings revocation_settings(const RevocationOptions& options,
                                              const std::optional<AppraisalPolicy>& policy) {
  RevocationFiles::Settings out;
  out.files.assign(options.crl.begin(), options.crl.end());
  if (options.require_crl) out.terms.missing = RevocationTerms::Missing::refused;
  if (options.crl_max_age > 0) out.terms.max_age = std::chrono::seconds(options.crl_max_age);
  if (policy) out.terms = out.terms.and_also(policy->terms().revocation);
  return out;
}

}  // namespace assay
