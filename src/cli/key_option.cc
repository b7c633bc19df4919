// SPDX-License-Identifier: Apache-2.0
#include "cli/key_option.h"

#include <map>

#include "cli/choice.h"

namespace assay {

void add_tpm_address(CLI::App* command, TpmAddress& address) {
  auto* path =
      command
          ->add_option("--tpm-path", address.tpm_path, "TPM device or socket (default /dev/tpmrm0)")
          ->type_name("PATH");
  command
      ->add_option("--tcti", address.tcti,
                   "TPM by TCTI instead, \"swtpm:host=127.0.0.1,port=2321\"")
      ->excludes(path);
}

CLI::Option* add_key_algorithm(CLI::App* command, KeyAlgorithm& algorithm, const char* name,
                               const char* what) {
  const std::map<std::string, KeyAlgorithm> names{{"rsa", KeyAlgorithm::rsa},
                                                  {"ecc", KeyAlgorithm::ecc}};
  return command->add_option(name, algorithm, what)
      ->transform(choice(names))
      ->type_name("ALGORITHM");
}

CLI::Option* add_attestation_key(CLI::App* command, AttestationKeyChoice& key) {
  const std::map<std::string, AttestationKeyChoice> names{{"AK", AttestationKeyChoice::own},
                                                          {"gceAK", AttestationKeyChoice::google}};
  return command
      ->add_option("--key", key,
                   "AK: a key of its own; gceAK: the provider's, with its certificate (default AK)")
      ->transform(choice(names))
      ->type_name("KEY");
}

CLI::Option* add_key_format(CLI::App* command, PublicKeyFormat& format, const char* what) {
  const std::map<std::string, PublicKeyFormat> names{{"pem", PublicKeyFormat::pem},
                                                     {"tpmt-public", PublicKeyFormat::tpmt_public}};
  return command->add_option("--key-format", format, what)
      ->transform(choice(names))
      ->type_name("FORMAT");
}

}  // namespace assay
