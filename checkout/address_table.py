"""What an address is made of, country by country: postal code, region, and what a carrier can't do without.

Facts of postal administrations, as the Universal Postal Union's addressing guides
(https://www.upu.int/en/postal-solutions/programmes-services/addressing-solutions) and the address data of
Chromium's forms have them. A country that isn't named in a table has nothing of what the table is about.
"""

# Country, the form of its postal codes, and one of them. `#` is a digit, `@` a letter, `*` either, `_` a
# blank that may be left out, `~` the country's own letters before the number, which people write or don't.
POSTAL_CODES = """
AD AD### AD500
AF #### 1001
AI (AI-)?2640 2640
AL #### 1001
AM (37)?#### 0010
AR (@?####)(@@@)? C1070AAM
AS #####(-?####)? 96799
AT (A-)?#### 1010
AU #### 2060
AX ~22### 22100
AZ ~#### 1000
BA ##### 71000
BB ~##### BB23026
BD #### 1340
BE (B-)?#### 1000
BG #### 1000
BH #{3,4} 317
BL 9[78]### 97133
BM @@_** HM 12
BN @@_#### BT2328
BR #####-?### 40301-110
BT ##### 11001
BY #{6} 220050
CA @#@(_|-)#@# K1A 0B1
CC #### 6799
CH ~#### 3030
CL ###-?#### 8340457
CN #{6} 100096
CO #{6} 111221
CR #####(-####)?|#### 10101
CU (CP_)?##### 10700
CV #### 7600
CX #### 6798
CY #### 2008
CZ ###_## 100 00
DE (D-)?##### 10117
DK (DK-)?#### 1566
DO ##### 11903
DZ ##### 16027
EC #{6} 090105
EE ##### 10111
EG ##### 11599
EH ##### 70000
ES ##### 28039
ET #### 1000
FI ~##### 00550
FK FIQQ_1ZZ FIQQ 1ZZ
FM #####(-?####)? 96941
FO ~### 100
FR (F-)?##_### 75001
GB GIR_0AA|BFPO_#{1,4}|@{1,2}#*?_#@@ SW1A 1AA
GE #### 0101
GF 973## 97300
GG GY##?_#@@ GY1 1AA
GI GX11_1AA GX11 1AA
GL #### 3900
GN ### 001
GP 97### 97100
GR ###_## 151 24
GS SIQQ_1ZZ SIQQ 1ZZ
GT ##### 01001
GU #####(-?####)? 96910
GW #### 1000
HN ##### 11101
HR ~##### 10000
HT ~#### 6120
HU (H-)?#### 1037
ID ##### 40115
IE ***_**** A65 F4E2
IL #{5}(##)? 9614303
IM IM##?_#@@ IM2 1AA
IN ###_### 110001
IO BBND_1ZZ BBND 1ZZ
IQ ##### 31001
IR #####-?##### 11936-12345
IS (IS-)?### 101
IT (I-)?##### 00144
JE JE##?_#@@ JE1 1AA
JO ##### 11937
JP ###-?#### 154-0023
KE ##### 00100
KG #{6} 720001
KH #{5,6} 120101
KR ##### 03051
KW ##### 13009
KY KY#-?#### KY1-1100
KZ #{6}|@##*{4} 010000
LA ##### 01000
LB ####(_####)? 1107 2810
LI (FL-)?94## 9490
LK ##### 00100
LR #### 1000
LS ### 100
LT ~##### 01100
LU (L-)?#### 2998
LV ~#### LV-1073
MA ##### 10000
MC ~980## 98000
MD ~#### 2012
ME ##### 81000
MF 97### 97150
MG ### 101
MH #####(-?####)? 96960
MK #### 1000
MM ##### 11181
MN #{5,6} 15160
MP #####(-?####)? 96950
MQ 972## 97220
MT @@@_#{2,4} VLT 1117
MU #####|###@@### 42602
MV ##### 20026
MX ##### 06082
MY ##### 50670
MZ #### 1102
NA ##### 10001
NC 988## 98800
NE #### 8001
NF #### 2899
NG #{6} 900001
NI ##### 11001
NL ####_@@ 1012 AB
NO (NO?-)?#### 0107
NP ##### 44601
NZ #### 6011
OM (PC_)?### 112
PE #####|(LIMA|CALLAO)_##? 15001
PF 987## 98709
PG ### 121
PH #### 1008
PK ##### 44000
PL ##-?### 00-950
PM 975## 97500
PN PCRN_1ZZ PCRN 1ZZ
PR #####(-?####)? 00930
PT ####-?### 1250-096
PW #####(-?####)? 96940
PY #{4,6} 1209
RE 974## 97400
RO #{6} 060274
RS #{5,6} 11000
RU #{6} 103375
SA #####(-?####)? 11564
SD ##### 11111
SE ~###_## 114 55
SG #{6} 408600
SH (ASCN|STHL|TDCU)_1ZZ STHL 1ZZ
SI ~#### 1001
SJ #### 9170
SK ###_## 811 01
SM 4789# 47890
SN ##### 12500
SO @@_##### JH 09010
SV (CP_)?#### 1101
SZ @### H100
TC TKCA_1ZZ TKCA 1ZZ
TH ##### 10150
TJ #{6} 734025
TM #{6} 744000
TN #### 1002
TR ##### 06101
TW ###(##|###)? 10603
TZ #{4,5} 11101
UA ##### 01001
US #####(-?####)? 94103
UY ##### 11600
UZ #{6} 100000
VA 00120 00120
VC ~#### VC0100
VE ####(-?@)? 1010
VG VG-?#### VG1110
VI #####(-?####)? 00802
VN #{5,6} 70010
WF 986## 98600
XK ##### 10000
YT 976## 97600
ZA #### 0083
ZM ##### 50100
"""

# Where a parcel can't be sorted without the postal code; elsewhere there is one that many people don't know.
NEEDS_POSTAL_CODE = """
AS AT AU AX BE BL BR CA CH CN CZ DE DK EE ES FI FK FM FR GB GF GG GL GP GR GS GU HU IM IN IO IT JE JP KR LI LT
LU LV MF MH MP MQ MX MY NC NL NO NZ PF PL PM PN PR PT PW RE RO RU SE SG SH SJ SK SM TC TR TW UA US VI WF YT ZA
"""

# Where issuers compare the postal code of a card's holder, so that a card alone asks for it: as on Stripe.
CHECKED_BY_ISSUERS = "US CA GB"

# Where a state, province, region or emirate is part of the address, and where nothing arrives without it.
HAS_REGION = """
AE AM AR AS AU BR BY CA CC CL CN CO CR CU CV CX EE EG ES FM HK HM HN ID IN IQ IR IT JM JP KI KN KP KR KY KZ LT
LV MH MN MP MX MY MZ NF NG NI NR PA PE PF PG PH PW RO RU SC SO SR SV TH TR TV TW UA UM US UY UZ VE VI VN
"""
NEEDS_REGION = """
AE AS AU BR CA CN CO CR ES FM HK HN ID IN IQ IT JM JP KN KR KY MH MP MX NR PF PG PW RU SO SV TW UM US VE VI
"""

# Where the country is one town, or its region stands for the town.
NEEDS_NO_CITY = "AE AG GI HK JP KY MO NR SG SM VG"
