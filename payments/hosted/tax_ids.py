"""The types of tax IDs that the published enum has, and how the number of each is written.

A format holds for a number without its blanks, dots, dashes and slashes: `#` is a digit, `@` a letter, `*`
either. Where we know of no published form, any number of a sensible length will do: a merchant checks a tax
ID with its authority all the same. Source of the forms: https://docs.stripe.com/billing/customer/tax-ids.
"""

import re

EU_VAT = "eu_vat"
SEPARATORS = re.compile(r"[\s.\-/]")
LONGEST = 40
ANY = "*{4,30}"

# Country of a European VAT number, as its first two letters say (Greece writes EL, Northern Ireland XI).
EUROPEAN = {
    "AT": "ATU#{8}", "BE": "BE#{10}", "BG": "BG#{9,10}", "CY": "CY#{8}@", "CZ": "CZ#{8,10}", "DE": "DE#{9}",
    "DK": "DK#{8}", "EE": "EE#{9}", "GR": "EL#{9}", "ES": "ES*#{7}*", "FI": "FI#{8}", "FR": "FR**#{9}",
    "HR": "HR#{11}", "HU": "HU#{8}(#{3})?", "IE": "IE#{7}@{1,2}|IE#*#{5}@", "IT": "IT#{11}",
    "LT": "LT#{9}(#{3})?", "LU": "LU#{8}", "LV": "LV#{11}", "MT": "MT#{8}", "NL": "NL#{9}B##",
    "PL": "PL#{10}", "PT": "PT#{9}", "RO": "RO#{2,10}", "SE": "SE#{12}", "SI": "SI#{8}", "SK": "SK#{10}",
    "XI": "XI#{9}(#{3})?",
}  # fmt: skip

FORMATS = {
    "ad_nrt": "@#{6}@", "ae_trn": "#{15}", "al_tin": "@#{8}@", "am_tin": "#{8}", "ao_tin": "#{10}",
    "ar_cuit": "#{11}", "au_abn": "#{11}", "au_acn": "#{9}", "au_arn": "#{12}", "au_wpn": ANY,
    "aw_tin": "#{8}", "az_tin": "#{10}", "ba_tin": "#{12}", "bb_tin": "#{13}", "bd_bin": "#{13}",
    "bf_ifu": "#{8}@", "bg_uic": "#{9}", "bh_vat": "#{15}", "bj_ifu": "#{13}", "bo_tin": "#{7,12}",
    "br_cnpj": "#{14}", "br_cpf": "#{11}", "bs_tin": "#{9}", "bw_vat": ANY, "by_tin": "#{9}", "ca_bn": "#{9}",
    "ca_gst_hst": "#{9}RT#{4}", "ca_pst_bc": "PST#{8}", "ca_pst_mb": "#{7}", "ca_pst_sk": "#{7}",
    "ca_qst": "#{10}TQ#{4}", "cd_nif": "@#{7}@", "ch_uid": "CHE#{9}(HR)?", "ch_vat": "CHE#{9}(MWST|TVA|IVA)",
    "ci_vat": ANY, "cl_tin": "#{7,8}*", "cm_niu": "@#{12}@", "cn_tin": "*{15,20}", "co_nit": "#{9,10}",
    "cr_tin": "#{9,12}", "cv_nif": "#{9}", "cz_dic": ANY, "de_stn": "#{10,13}", "do_rcn": "#{9,11}",
    "ec_ruc": "#{13}", "eg_tin": "#{9}", "es_cif": "@#{7}*|@#{8}|#{8}@", "et_tin": "#{10}",
    "eu_oss_vat": "EU#{9}", EU_VAT: "|".join(EUROPEAN.values()), "fo_vat": "#{6}", "fr_siren": "#{9}",
    "fr_siret": "#{14}", "fr_spi": "#{13}", "gb_vat": "(GB|XI)(#{9}(#{3})?|(GD|HA)#{3})", "ge_vat": "#{9}",
    "gh_tin": ANY, "gi_tin": ANY, "gn_nif": "#{9}", "hk_br": "#{8}(#{3})?", "hr_oib": "#{11}",
    "hu_tin": "#{11}", "ic_nif": ANY, "id_npwp": "#{15,16}", "il_vat": "#{9}",
    "in_gst": "##@{5}#{4}@**[A-Z0-9]", "is_kt": "#{10}", "is_vat": "#{5,6}", "it_cf": "*{11,16}",
    "jp_cn": "#{13}", "jp_rn": "#{5,10}", "jp_trn": "T#{13}", "ke_pin": "@#{9}@", "kg_tin": "#{14}",
    "kh_tin": "*{9,14}", "kr_brn": "#{10}", "kz_bin": "#{12}", "la_tin": "#{12}", "li_uid": "CHE#{9}",
    "li_vat": "#{5}", "lk_vat": "#{13}", "ma_vat": "#{7,8}", "md_cf": ANY, "md_vat": "#{7}", "me_pib": "#{8}",
    "mk_vat": "(MK)?#{13}", "mr_nif": "#{8}", "mu_vat": ANY, "mx_rfc": "@{3,4}#{6}*{3}", "my_frp": "#{8}",
    "my_itn": "@{1,2}#{9,11}", "my_sst": "@##*#{12}|@#{2,3}#{4}#{8}", "mz_nuit": "#{9}", "ng_tin": "#{12}",
    "no_vat": "#{9}MVA", "no_voec": "#{7}", "np_pan": "#{9}", "nz_bn": "#{13}", "nz_gst": "#{8,9}",
    "om_vat": "OM#{10}", "pe_ruc": "#{11}", "ph_tin": "#{9,14}", "pl_nip": "#{10}", "pt_nif": "#{9}",
    "py_ruc": "#{6,9}", "ro_tin": "#{2,13}", "rs_pib": "#{9}", "ru_inn": "#{10}|#{12}", "ru_kpp": "#{9}",
    "sa_vat": "#{15}", "sg_gst": "@#{8}@", "sg_uen": "*{8,10}", "si_tin": "#{8}", "sm_coe": ANY,
    "sn_ninea": "#{7,8}@#|#{8}@#|#{7,9}", "sr_fin": "#{10}", "sv_nit": "#{14}", "th_vat": "#{13}",
    "tj_tin": "#{9}", "tr_tin": "#{10}", "tt_bir": ANY, "tt_vat": ANY, "tw_vat": "#{8}", "tz_vat": "#{8}@",
    "ua_vat": "#{9,12}", "ug_tin": "#{10}", "us_ein": "#{9}", "uy_ruc": "#{12}", "uz_tin": "#{9}",
    "uz_vat": "#{12}", "ve_rif": "@#{9}", "vn_tin": "#{10}(#{3})?", "za_vat": "#{10}", "zm_tin": "#{10}",
    "zw_tin": "#{7,10}",
}  # fmt: skip


def _pattern(form: str) -> re.Pattern[str]:
    for sign, letters in (("#", "[0-9]"), ("@", "[A-Z]"), ("*", "[A-Z0-9]")):
        form = form.replace(sign, letters)
    return re.compile(form)


PATTERNS = {name: _pattern(form) for name, form in FORMATS.items()}


def country_of(name: str) -> str:
    """Return the country that a type belongs to; `EU` for the two European ones, `ES` for the Canaries."""
    head = name.partition("_")[0].upper()
    return {"IC": "ES"}.get(head, head)


def fits(name: str, value: str) -> bool:
    """Tell whether a number is written as those of its type are."""
    plain = SEPARATORS.sub("", value).upper()
    return len(value) <= LONGEST and name in PATTERNS and PATTERNS[name].fullmatch(plain) is not None


def likely_type(country: str) -> str | None:
    """Return the type that a business of a country has first, None where the enum has none for it."""
    if country in EUROPEAN:
        return EU_VAT
    first = {"AU": "au_abn", "CA": "ca_gst_hst", "CH": "ch_vat", "BR": "br_cnpj", "NO": "no_vat"}
    named = (name for name in FORMATS if country_of(name) == country)
    return first.get(country) or next(named, None)
