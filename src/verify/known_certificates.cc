// SPDX-License-Identifier: Apache-2.0
#include "verify/known_certificates.h"

namespace assay {

namespace {

struct KnownCertificate {
  std::string_view fingerprint;
  std::string_view name;
  attest::WellKnownCertificate well_known = attest::UNKNOWN;
};

constexpr KnownCertificate kKnown[] = {
    {"e8e95f0733a55e8bad7be0a1413ee23c51fcea64b3c8fa6a786935fddcc71961",
     "Microsoft Windows Production PCA 2011", attest::MS_WINDOWS_PROD_PCA_2011},
    {"48e99b991f57fc52f76149599bff0a58c47154229b9f8d603ac40d3500248507",
     "Microsoft Corporation UEFI CA 2011", attest::MS_THIRD_PARTY_UEFI_CA_2011},
    {"a1117f516a32cefcba3f2d1ace10a87972fd6bbe8fe0d0b996e09e65d802a503",
     "Microsoft Corporation KEK CA 2011", attest::MS_THIRD_PARTY_KEK_CA_2011},
    {"d1d217acf60ba4e4a890210322d006d673c0b82de9d65ad7f2d55897635429e2", "GCE default PK",
     attest::GCE_DEFAULT_PK},
    {"076f1fea90ac29155ebf77c17682f75f1fdd1be196da302dc8461e350a9ae330", "Windows UEFI CA 2023"},
    {"f6124e34125bee3fe6d79a574eaa7b91c0e7bd9d929c1a321178efd611dad901", "Microsoft UEFI CA 2023"},
    {"3cd3f0309edae228767a976dd40d9f4affc4fbd5218f2e8cc3c9dd97e8ac6f9d",
     "Microsoft Corporation KEK 2K CA 2023"},
    {"e5be3e64c6e66a281457ecdece0d6d0787577aad2a3a0144262c10c14ba8d8f1",
     "Microsoft Option ROM UEFI CA 2023"},
    {"2f569e8edaf9657dc4951c29598725255c7f821472db71374211fe44d082546f", "Windows OEM Devices PK"},
    {"f01614a7a81ba477f0746cf2de71b20dddec709e756c9ea57cb67f93f25ba9fd",
     "Microsoft Windows PCA 2010"},
    {"df545bf919a2439c36983b54cdfc903dfa4f37d3996d8d84b4c31eec6f3c163e",
     "Microsoft Root Certificate Authority 2010"},
    {"2848361a9c1e32df1d3e2ed6a7b9e67a525cf8a13b164f8006c9479578f746de",
     "Microsoft Third Party Marketplace Root"},
    {"7d75af8ed5cea65bf6f08f8e3cd52394bc18674e56772d86b32847aad84cb675",
     "Container-Optimized OS PK v10"},
    {"7b033db44e666c2e8d6b32bdc7f52db729041ba06e05977c7ab25306a4600bcd",
     "Container-Optimized OS KEK v10"},
    {"c187832602dbada644d18fb43a5aab2ed71854f0a3ef678c0debfc96608b1eeb",
     "Container-Optimized OS PK v20250203"},
    {"e76a7b739876acbb3835e70a121192244f895e5bb033793e7470d196eed2b6bd",
     "Container-Optimized OS KEK v20250203"},
    {"a7b8c851deb2acba7c7d0e6ec091c93440f942c65d776fdcb58016f8fd1674b0",
     "Container-Optimized OS DB v10"},
    {"2fa7df82773db7eedb5cbaa88e20d885e4c19f1f24ee8e9930192893c258d0a4",
     "Container-Optimized OS DB v20250203"},
    {"ed1fe72cb9ca31c9af5b757afcd733323d675825032e6ced7fe1ae9eb767998c",
     "Canonical Master Certificate Authority"},
    {"079646974bce09b1f04da67bd722d1fb0947ae4c4010bccdbba52d5b23cbf1a2", "Debian Secure Boot CA"},
    {"40175d4c7c5ab4bd753a493f47952f1d8dcf1c219b836968a693e48bd4766135",
     "Red Hat Secure Boot CA 5"},
    {"72568059455c1774b3668b5fd67ba3578551925adfa52b6999cad549f52e46d6",
     "Red Hat Secure Boot CA 8"},
    {"f1fdf7ae3924a187e0f30a502271cb8369f5f26b8032f026aef6fce7a113d1c4", "CentOS Secure Boot CA 2"},
    {"90244cc221e00c1fe0a7b78b3ce945dd73bf1633019eb6c15fa5646f9c8d2e1e",
     "Canonical signer revoked for BootHole"},
    {"f156d24f5d4e775da0e6a9111f074cfce701939d688c64dba093f97753434f2c",
     "Debian signer revoked for BootHole"},
    {"20e394d15c6205faf65fa696df13b8369d3153cb5d2cd056b48c0db00e160084",
     "Cisco Virtual UEFI SubCA revoked for BootHole"},
    {"7f122fab825041c2b0c67696bb151db6f39fed7df2d1104107f5b892b354ef5c", "Red Hat OVMF PK/KEK"},
};

const KnownCertificate* find(std::string_view fingerprint) {
  for (const KnownCertificate& known : kKnown)
    if (known.fingerprint == fingerprint) return &known;
  return nullptr;
}

}  // namespace

std::optional<std::string_view> known_certificate_name(std::string_view fingerprint) {
  const KnownCertificate* known = find(fingerprint);
  return known ? std::optional(known->name) : std::nullopt;
}

std::optional<std::string_view> known_certificate_fingerprint(std::string_view name) {
  for (const KnownCertificate& known : kKnown)
    if (known.name == name) return known.fingerprint;
  return std::nullopt;
}

attest::WellKnownCertificate well_known_certificate(std::string_view fingerprint) {
  const KnownCertificate* known = find(fingerprint);
  return known ? known->well_known : attest::UNKNOWN;
}

}  // namespace assay
