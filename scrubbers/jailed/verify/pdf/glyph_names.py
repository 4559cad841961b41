"""Names of glyphs that every reader knows: what a font that is not in the document may say of its glyphs.

Adobe's list for new fonts, the names of the Symbol font, and the older names of letters of European languages and of
punctuation. A name outside the list could say anything. (https://github.com/adobe-type-tools/agl-aglfn)
"""

import re
from typing import Final

# Cyrillic letters have numbers.
_CYRILLIC: Final = re.compile(r"afii10(?:0[1-9][0-9]|1[0-9]{2})")
# Of the ZapfDingbats font.
_DINGBAT: Final = re.compile(r"a[1-9][0-9]{0,2}")


def is_known(name: str, *, dingbats: bool) -> bool:
    """Whether the name says nothing of its own."""
    known = name in _NAMES or _CYRILLIC.fullmatch(name) is not None
    return known or (dingbats and _DINGBAT.fullmatch(name) is not None)


_NAMES: Final = frozenset(
    """
    A AE AEacute AEmacron Aacute Abreve Abreveacute Abrevedotbelow Abrevegrave Abrevehookabove Abrevetilde Acaron
    Acircumflex Acircumflexacute Acircumflexdotbelow Acircumflexgrave Acircumflexhookabove Acircumflextilde Adblgrave
    Adieresis Adieresismacron Adotbelow Adotmacron Agrave Ahookabove Ainvertedbreve Alpha Alphatonos Amacron Aogonek
    Aring Aringacute Aringbelow Atilde B Bdotaccent Bdotbelow Beta Bhook Blinebelow Btopbar C Cacute Ccaron Ccedilla
    Ccedillaacute Ccircumflex Cdot Cdotaccent Chi Chook D DZ DZcaron Dafrican Dcaron Dcedilla Dcircumflexbelow Dcroat
    Ddotaccent Ddotbelow Delta Dhook Dlinebelow Dslash Dtopbar Dz Dzcaron E Eacute Ebreve Ecaron Ecedillabreve
    Ecircumflex Ecircumflexacute Ecircumflexbelow Ecircumflexdotbelow Ecircumflexgrave Ecircumflexhookabove
    Ecircumflextilde Edblgrave Edieresis Edot Edotaccent Edotbelow Egrave Ehookabove Eightroman Einvertedbreve
    Elevenroman Emacron Emacronacute Emacrongrave Eng Eogonek Eopen Epsilon Epsilontonos Ereversed Esh Eta Etatonos
    Eth Etilde Etildebelow Euro Ezh Ezhcaron Ezhreversed F Fdotaccent Fhook Fiveroman Fourroman G Gacute Gamma
    Gammaafrican Gbreve Gcaron Gcedilla Gcircumflex Gcommaaccent Gdot Gdotaccent Ghook Gmacron Gstroke H H18533 H18543
    H18551 H22073 Hbar Hbrevebelow Hcedilla Hcircumflex Hdieresis Hdotaccent Hdotbelow I IJ Iacute Ibreve Icaron
    Icircumflex Idblgrave Idieresis Idieresisacute Idot Idotaccent Idotbelow Ifraktur Igrave Ihookabove Iinvertedbreve
    Imacron Iogonek Iota Iotaafrican Iotadieresis Iotatonos Istroke Itilde Itildebelow J Jcircumflex K Kacute Kappa
    Kcaron Kcedilla Kcommaaccent Kdotbelow Khook Klinebelow L LJ Lacute Lambda Lcaron Lcedilla Lcircumflexbelow
    Lcommaaccent Ldot Ldotaccent Ldotbelow Ldotbelowmacron Lj Llinebelow Lslash M Macute Mdotaccent Mdotbelow Mturned
    Mu N NJ Nacute Ncaron Ncedilla Ncircumflexbelow Ncommaaccent Ndotaccent Ndotbelow Nhookleft Nineroman Nj
    Nlinebelow Ntilde Nu O OE Oacute Obreve Ocaron Ocenteredtilde Ocircumflex Ocircumflexacute Ocircumflexdotbelow
    Ocircumflexgrave Ocircumflexhookabove Ocircumflextilde Odblacute Odblgrave Odieresis Odotbelow Ograve Ohm
    Ohookabove Ohorn Ohornacute Ohorndotbelow Ohorngrave Ohornhookabove Ohorntilde Ohungarumlaut Oi Oinvertedbreve
    Omacron Omacronacute Omacrongrave Omega Omegatonos Omicron Omicrontonos Oneroman Oogonek Oogonekmacron Oopen
    Oslash Oslashacute Ostrokeacute Otilde Otildeacute Otildedieresis P Pacute Pdotaccent Phi Phook Pi Psi Q R Racute
    Rcaron Rcedilla Rcommaaccent Rdblgrave Rdotaccent Rdotbelow Rdotbelowmacron Rfraktur Rho Rinvertedbreve Rlinebelow
    S SF010000 SF020000 SF030000 SF040000 SF050000 SF060000 SF070000 SF080000 SF090000 SF100000 SF110000 SF190000
    SF200000 SF210000 SF220000 SF230000 SF240000 SF250000 SF260000 SF270000 SF280000 SF360000 SF370000 SF380000
    SF390000 SF400000 SF410000 SF420000 SF430000 SF440000 SF450000 SF460000 SF470000 SF480000 SF490000 SF500000
    SF510000 SF520000 SF530000 SF540000 Sacute Sacutedotaccent Scaron Scarondotaccent Scedilla Schwa Scircumflex
    Scommaaccent Sdotaccent Sdotbelow Sdotbelowdotaccent Sevenroman Sigma Sixroman T Tau Tbar Tcaron Tcedilla
    Tcircumflexbelow Tcommaaccent Tdotaccent Tdotbelow Tenroman Theta Thook Thorn Threeroman Tlinebelow Tonefive
    Tonesix Tonetwo Tretroflexhook Twelveroman Tworoman U Uacute Ubreve Ucaron Ucircumflex Ucircumflexbelow Udblacute
    Udblgrave Udieresis Udieresisacute Udieresisbelow Udieresiscaron Udieresisgrave Udieresismacron Udotbelow Ugrave
    Uhookabove Uhorn Uhornacute Uhorndotbelow Uhorngrave Uhornhookabove Uhorntilde Uhungarumlaut Uinvertedbreve
    Umacron Umacrondieresis Uogonek Upsilon Upsilon1 Upsilonafrican Upsilondieresis Upsilontonos Uring Utilde
    Utildeacute Utildebelow V Vdotbelow Vhook Vtilde W Wacute Wcircumflex Wdieresis Wdotaccent Wdotbelow Wgrave X
    Xdieresis Xdotaccent Xi Y Yacute Ycircumflex Ydieresis Ydotaccent Ydotbelow Ygrave Yhook Yhookabove Ytilde Z
    Zacute Zcaron Zcircumflex Zdot Zdotaccent Zdotbelow Zeta Zlinebelow Zstroke a aacute abreve abreveacute
    abrevedotbelow abrevegrave abrevehookabove abrevetilde acaron acircumflex acircumflexacute acircumflexdotbelow
    acircumflexgrave acircumflexhookabove acircumflextilde acute acutecomb adblgrave adieresis adieresismacron
    adotbelow adotmacron ae aeacute aemacron afii00208 afii08941 afii299 afii300 afii301 afii57636 afii61248 afii61289
    afii61352 afii61573 afii61574 afii61575 afii61664 agrave ahookabove ainvertedbreve aleph allequal alpha alphatonos
    amacron ampersand angle angleleft angleright angstrom anoteleia aogonek apple approaches approxequal
    approxequalorimage approximatelyequal arighthalfring aring aringacute aringbelow arrowboth arrowdashdown
    arrowdashleft arrowdashright arrowdashup arrowdblboth arrowdbldown arrowdblleft arrowdblright arrowdblup arrowdown
    arrowdownleft arrowdownright arrowdownwhite arrowhorizex arrowleft arrowleftdbl arrowleftdblstroke
    arrowleftoverright arrowleftwhite arrowright arrowrightdblstroke arrowrightoverleft arrowrightwhite arrowtableft
    arrowtabright arrowup arrowupdn arrowupdnbse arrowupdownbase arrowupleft arrowupleftofdown arrowupright
    arrowupwhite arrowvertex asciicircum asciitilde asterisk asteriskmath asterism asymptoticallyequal at atilde b
    backslash bar bdotaccent bdotbelow because beta blinebelow block braceex braceleft braceleftbt braceleftmid
    bracelefttp braceright bracerightbt bracerightmid bracerighttp bracketleft bracketleftbt bracketleftex
    bracketlefttp bracketright bracketrightbt bracketrightex bracketrighttp breve brokenbar bstroke btopbar bullet
    bulletoperator c cacute capslock careof caron carriagereturn ccaron ccedilla ccedillaacute ccircumflex cdot
    cdotaccent cedilla cent centigrade chi chook circle circlemultiply circleot circleplus circumflex clickalveolar
    clickdental clicklateral clickretroflex club colon colonmonetary colonsign comma congruent contourintegral
    controlACK controlBEL controlBS controlCAN controlCR controlDC1 controlDC2 controlDC3 controlDC4 controlDEL
    controlDLE controlEM controlENQ controlEOT controlESC controlETB controlETX controlFF controlFS controlGS
    controlHT controlLF controlNAK controlRS controlSI controlSO controlSOT controlSTX controlSUB controlSYN controlUS
    controlVT copyright copyrightsans copyrightserif cruzeiro curlyand curlyor currency d dagger daggerdbl
    dblarrowleft dblarrowright dblintegral dbllowline dblverticalbar dcaron dcedilla dcircumflexbelow dcroat
    ddotaccent ddotbelow degree delta deltaturned diamond dieresis dieresistonos divide divides divisionslash dkshade
    dlinebelow dmacron dnblock dollar dong dotaccent dotbelowcomb dotlessi dotmath dtopbar dz dzcaron e eacute ebreve
    ecaron ecedillabreve ecircumflex ecircumflexacute ecircumflexbelow ecircumflexdotbelow ecircumflexgrave
    ecircumflexhookabove ecircumflextilde edblgrave edieresis edot edotaccent edotbelow egrave ehookabove eight
    eightinferior eightroman eightsuperior einvertedbreve element elevenroman ellipsis ellipsisvertical emacron
    emacronacute emacrongrave emdash emptyset endash eng enspace eogonek epsilon epsilontonos equal equalsuperior
    equivalence eshreversedloop estimated eta etatonos eth etilde etildebelow eturned euro exclam exclamdbl exclamdown
    existential ezhcaron ezhreversed ezhtail f fahrenheit fdotaccent female ff ffi ffl fi figuredash filledbox
    filledrect five fiveeighths fiveinferior fiveroman fivesuperior fl florin forall four fourinferior fourroman
    foursuperior fraction franc g gacute gamma gbreve gcaron gcedilla gcircumflex gcommaaccent gdot gdotaccent
    geometricallyequal germandbls glottalinvertedstroke gmacron gradient grave gravecomb greater greaterequal
    greaterequalorless greaterorequivalent greaterorless greateroverequal gstroke guillemotleft guillemotright
    guilsinglleft guilsinglright h harpoonleftbarbup harpoonrightbarbup hbar hbrevebelow hcedilla hcircumflex
    hdieresis hdotaccent hdotbelow heart hlinebelow hookabovecomb horizontalbar house hungarumlaut hv hyphen hyphentwo
    i iacute ibreve icaron icircumflex idblgrave idieresis idieresisacute idotbelow igrave ihookabove iinvertedbreve
    ij imacron imageorapproximatelyequal increment infinity integral integralbt integralex integraltp intersection
    invbullet invcircle invsmileface iogonek iota iotadieresis iotadieresistonos iotatonos itilde itildebelow j jcaron
    jcircumflex k kacute kappa kcaron kcedilla kcommaaccent kdotbelow kgreenlandic khook klinebelow l lacute lambda
    lambdastroke lbar lcaron lcedilla lcircumflexbelow lcommaaccent ldot ldotaccent ldotbelow ldotbelowmacron less
    lessequal lessequalorgreater lessorequivalent lessorgreater lessoverequal lfblock lira lj llinebelow logicaland
    logicalnot logicalor longs lozenge lslash lsquare ltshade m macron macute male mdotaccent mdotbelow middot minus
    minuscircle minusplus minute mu mu1 muchgreater muchless multiply musicalnote musicalnotedbl n nabla nacute
    napostrophe nbspace ncaron ncedilla ncircumflexbelow ncommaaccent ndotaccent ndotbelow newsheqelsign nine
    nineinferior nineroman ninesuperior nj nlegrightlong nlinebelow nonbreakingspace notcontains notelement
    notelementof notequal notgreater notgreaternorequal notgreaternorless notidentical notless notlessnorequal
    notparallel notprecedes notsubset notsucceeds notsuperset nsuperior ntilde nu numbersign numero o oacute obreve
    ocaron ocircumflex ocircumflexacute ocircumflexdotbelow ocircumflexgrave ocircumflexhookabove ocircumflextilde
    odblacute odblgrave odieresis odotbelow oe ogonek ograve ohookabove ohorn ohornacute ohorndotbelow ohorngrave
    ohornhookabove ohorntilde ohungarumlaut oi oinvertedbreve omacron omacronacute omacrongrave omega omega1
    omegatonos omicron omicrontonos one onedotenleader oneeighth onehalf oneinferior onequarter oneroman onesuperior
    onethird oogonek oogonekmacron openbullet ordfeminine ordmasculine orthogonal oslash oslashacute ostrokeacute
    otilde otildeacute otildedieresis overline overscore p pacute pagedown pageup paragraph parallel parenleft
    parenleftbt parenleftex parenleftinferior parenleftsuperior parenlefttp parenright parenrightbt parenrightex
    parenrightinferior parenrightsuperior parenrighttp partialdiff pdotaccent percent period periodcentered
    perpendicular perthousand peseta phi phi1 phook pi plus pluscircle plusminus plussuperior precedes prescription
    primereversed product propersubset propersuperset proportion proportional psi q question questiondown quotedbl
    quotedblbase quotedblleft quotedblright quoteleft quoteleftreversed quotereversed quoteright quoterightn
    quotesinglbase quotesingle r racute radical radicalex ratio rcaron rcedilla rcommaaccent rdblgrave rdotaccent
    rdotbelow rdotbelowmacron referencemark reflexsubset reflexsuperset registered registersans registerserif
    reversedtilde revlogicalnot rho rightangle righttriangle ring rinvertedbreve rlinebelow rtblock s sacute
    sacutedotaccent scaron scarondotaccent scedilla scircumflex scommaaccent sdotaccent sdotbelow sdotbelowdotaccent
    second section semicolon seven seveneighths seveninferior sevenroman sevensuperior sfthyphen shade sheqel
    sheqelhebrew sigma sigma1 similar six sixinferior sixroman sixsuperior slash slong slongdotaccent smileface
    softhyphen space spacehackarabic spade sterling subset subsetnotequal subsetorequal succeeds suchthat summation
    sun superset supersetnotequal supersetorequal t tackdown tackleft tau tbar tcaron tcedilla tcircumflexbelow
    tcommaaccent tdieresis tdotaccent tdotbelow telephone tenroman thereexists therefore theta theta1 thook thorn
    three threeeighths threeinferior threequarters threeroman threesuperior tilde tildecomb tildeoperator timescircle
    tlinebelow tonefive tonesix tonetwo tonos tpalatalhook trademark trademarksans trademarkserif triagdn triaglf
    triagrt triagup twelveroman two twodotenleader twodotleader twoinferior tworoman twostroke twosuperior twothirds u
    uacute ubreve ucaron ucircumflex ucircumflexbelow udblacute udblgrave udieresis udieresisacute udieresisbelow
    udieresiscaron udieresisgrave udieresismacron udotbelow ugrave uhookabove uhorn uhornacute uhorndotbelow
    uhorngrave uhornhookabove uhorntilde uhungarumlaut uinvertedbreve umacron umacrondieresis underscore underscoredbl
    union universal uogonek upblock upsilon upsilondieresis upsilondieresistonos upsilontonos uring utilde utildeacute
    utildebelow v vdotbelow verticalbar vtilde w wacute wcircumflex wdieresis wdotaccent wdotbelow weierstrass wgrave
    won wring wynn x xdieresis xdotaccent xi y yacute ycircumflex ydieresis ydotaccent ydotbelow yen ygrave yhook
    yhookabove yr yring ytilde z zacute zcaron zcircumflex zdot zdotaccent zdotbelow zero zeroinferior zerosuperior
    zerowidthnonjoiner zerowidthspace zeta zlinebelow zstroke
    """.split()  # noqa: SIM905  a list of a thousand lines says no more
)
